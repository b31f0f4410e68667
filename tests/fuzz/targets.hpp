#pragma once

#include <string_view>

// What is fuzzed: each takes any bytes, hands them to the program's own code, and checks what must hold of
// whatever that makes of them. The inputs worth keeping lie in tests/data/fuzz/, a directory for each.

namespace spoold::fuzz {

// An entry's file: read, written, read again; told what is wrong with it, and where.
void fuzz_entry(std::string_view input);
// A file's name, ours or foreign.
void fuzz_entry_name(std::string_view input);
// A configuration file.
void fuzz_config(std::string_view input);
// All that an HTTP server sends before it closes the connection.
void fuzz_http(std::string_view input);
// All that a client of the control socket sends before it closes.
void fuzz_control(std::string_view input);

}  // namespace spoold::fuzz
