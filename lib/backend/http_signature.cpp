#include "backend/http_signature.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <chrono>

#include "backend/http_base64.hpp"
#include "base/ensure.hpp"

namespace spoold {

namespace {

constexpr std::string_view prefix = "whsec_";
constexpr std::size_t key_bytes_min = 16;

std::string hmac_sha256(const std::string& key, const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
  const bool made = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes, text.size(),
                         digest.data(), &length) != nullptr;
  ensure(made, "HMAC-SHA256 of bytes in memory cannot fail");
  return {reinterpret_cast<const char*>(digest.data()), length};
}

}  // namespace

Result<std::string> webhook_key(std::string_view secret) {
  std::string key{secret};
  if (secret.starts_with(prefix)) {
    auto decoded = from_base64(secret.substr(prefix.size()));
    if (!decoded) return Error{ErrorKind::invalid, "what follows whsec_ is no base64"};
    key = *decoded;
  }
  if (key.size() < key_bytes_min)
    return Error{ErrorKind::invalid,
                 "the secret has under 16 bytes; expected 24 to 64 random ones, such as "
                 "whsec_ and the output of: openssl rand -base64 32"};
  return key;
}

std::string webhook_timestamp(WallTime time) {
  return std::to_string(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
}

std::string webhook_signature(const std::vector<std::string>& keys, std::string_view id, WallTime timestamp,
                              std::string_view body) {
  std::string text{id};
  text += "." + webhook_timestamp(timestamp) + ".";
  text += body;
  std::string signatures;
  for (const std::string& key : keys) {
    if (!signatures.empty()) signatures += ' ';
    signatures += "v1," + to_base64(hmac_sha256(key, text));
  }
  return signatures;
}

}  // namespace spoold
