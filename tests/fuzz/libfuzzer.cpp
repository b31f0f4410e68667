#include <cstdint>

#include "fuzz/targets.hpp"

// The entry point that libFuzzer looks for; SPOOLD_FUZZ_TARGET is one function of targets.hpp.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {  // NOLINT(*-naming)
  spoold::fuzz::SPOOLD_FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}
