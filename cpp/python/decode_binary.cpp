#include "python/decode.hpp"

namespace fastthrift::python {

template class Decoder<wire::BinaryReader>;

}  // namespace fastthrift::python
