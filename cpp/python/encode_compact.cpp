#include "python/encode.hpp"

namespace fastthrift::python {

template class Encoder<wire::CompactWriter>;

}  // namespace fastthrift::python
