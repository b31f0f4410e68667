# Every library comes from Debian 12; scripts/setup installs them.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(spdlog 1.10 REQUIRED)
find_package(yaml-cpp 0.7 REQUIRED)
find_package(CLI11 2.1 REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)
if(SPOOLD_TESTS)
  find_package(Catch2 2.13 REQUIRED)
endif()

# Asio's implementation is compiled once, in lib/base, not in every file that includes it.
add_library(spoold_asio INTERFACE)
target_compile_definitions(spoold_asio INTERFACE BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
target_link_libraries(spoold_asio INTERFACE Boost::headers Threads::Threads)
