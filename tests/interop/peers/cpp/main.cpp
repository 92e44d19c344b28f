// A peer in C++: "serve STACK [PATH]" and "call STACK ADDRESS" come as lines of the standard input or as
// arguments.
#include <csignal>
#include <future>
#include <iostream>
#include <vector>

#include "client.hpp"
#include "server.hpp"

namespace {

void obey(const std::vector<std::string>& words) {
  const Stack stack = Stack::parse(words.at(1));
  const std::string rest = words.size() > 2 ? words[2] : "";
  if (words[0] == "serve") {
    try {
      std::cout << "serving " << words[1] << " " << serve(stack, rest) << std::endl;
    } catch (const std::exception& error) {
      std::cout << "refused " << words[1] << " " << error.what() << std::endl;
    }
  } else if (words[0] == "call") {
    call(stack, rest);
    std::cout << "done " << words[1] << std::endl;
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  if (argc > 2) {
    obey({argv + 1, argv + argc});
    if (std::string(argv[1]) == "serve") std::promise<void>().get_future().wait();
    return 0;
  }
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream in(line);
    std::vector<std::string> words;
    for (std::string word; in >> word;) words.push_back(word);
    if (words.size() >= 2) obey(words);
  }
  std::_Exit(0);
}
