#include "python/encode.hpp"

namespace fastthrift::python {

template class Encoder<wire::BinaryWriter>;

}  // namespace fastthrift::python
