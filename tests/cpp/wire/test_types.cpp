#include "wire/types.hpp"

#include <boost/core/lightweight_test.hpp>

using namespace fastthrift::wire;

void test_types() {
  const struct {
    unsigned code;
    std::string_view name;
  } table[] = {{0, "STOP"},         {1, "VOID"},          {2, "BOOL"},          {3, "BYTE"},
               {4, "DOUBLE"},       {6, "I16"},           {8, "I32"},           {10, "I64"},
               {11, "STRING"},      {12, "STRUCT"},       {13, "MAP"},          {14, "SET"},
               {15, "LIST"},        {16, "UUID"},         {5, "unknown type"},  {7, "unknown type"},
               {9, "unknown type"}, {17, "unknown type"}, {255, "unknown type"}};
  for (const auto& row : table) BOOST_TEST_EQ(name_of(static_cast<TType>(row.code)), row.name);
}
