#include <cstdlib>
#include <string>

/// Asked by the mutants (tools/mutants.json) whether they are the one that ORDERLY_MUTANT names.
namespace orderly::testing {

bool is_chosen(const char* mutant) {
  static const std::string kChosen = [] {
    const char* const name = std::getenv("ORDERLY_MUTANT");
    return std::string(name == nullptr ? "" : name);
  }();
  return kChosen == mutant;
}

}  // namespace orderly::testing
