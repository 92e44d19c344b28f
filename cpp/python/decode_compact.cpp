#include "python/decode.hpp"

namespace fastthrift::python {

template class Decoder<wire::CompactReader>;

}  // namespace fastthrift::python
