#include "python/decode.hpp"

namespace fastthrift::python {

template class Decoder<wire::JsonReader>;

}  // namespace fastthrift::python
