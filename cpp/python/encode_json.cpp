#include "python/encode.hpp"

namespace fastthrift::python {

template class Encoder<wire::JsonWriter>;

}  // namespace fastthrift::python
