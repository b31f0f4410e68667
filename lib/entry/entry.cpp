#include "entry/entry.hpp"

#include <openssl/evp.h>

#include <new>

#include "base/ensure.hpp"

namespace spoold {

namespace {

// SHA-256, fetched once for the process and with one context a thread: looking the algorithm up costs more
// than hashing an entry.
class Hasher {
 public:
  Hasher() : context_(EVP_MD_CTX_new()) {
    static EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    algorithm_ = sha256;
    // It offers SHA-256: what it can be short of is memory.
    if (context_ == nullptr || algorithm_ == nullptr) throw std::bad_alloc{};
  }
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;
  ~Hasher() { EVP_MD_CTX_free(context_); }

  void begin() { ensure(EVP_DigestInit_ex2(context_, algorithm_, nullptr) == 1, "SHA-256 can begin"); }

  void add(const void* bytes, std::size_t count) {
    ensure(EVP_DigestUpdate(context_, bytes, count) == 1, "SHA-256 takes bytes");
  }

  [[nodiscard]] EntryDigest end() {
    EntryDigest digest{};
    unsigned length = 0;
    ensure(EVP_DigestFinal_ex(context_, digest.data(), &length) == 1 && length == digest.size(),
           "SHA-256 gives 32 bytes");
    return digest;
  }

 private:
  EVP_MD_CTX* context_;
  const EVP_MD* algorithm_ = nullptr;
};

// What kind of bytes follow; part of what is hashed, so these values never change: they are in ledgers.
enum class Kind : std::uint8_t { absent = 0, string = 1, json = 2 };

// Kind, length and bytes: two entries that differ in any field never hash the same bytes.
void add_field(Hasher& hasher, Kind kind, std::string_view bytes) {
  std::array<std::uint8_t, 9> head{static_cast<std::uint8_t>(kind)};
  for (std::size_t i = 1; i < head.size(); ++i) {
    head[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(bytes.size()) >> (8 * (i - 1)));
  }
  hasher.add(head.data(), head.size());
  hasher.add(bytes.data(), bytes.size());
}

// nlohmann::json, unlike ordered_json, keeps members sorted by name.
std::string canonical(const Json& value) {
  return nlohmann::json(value).dump();
}

void add_field(Hasher& hasher, const Json& value) {
  if (value.is_null()) return add_field(hasher, Kind::absent, {});
  if (value.is_string()) return add_field(hasher, Kind::string, value.get_ref<const std::string&>());
  add_field(hasher, Kind::json, canonical(value));
}

}  // namespace

const Json& Entry::field(std::string_view name) const {
  static const Json absent;
  const auto found = document.find(name);
  return found == document.end() ? absent : *found;
}

EntryDigest digest(const Entry& entry) {
  thread_local Hasher hasher;
  hasher.begin();
  add_field(hasher, Kind::string, entry.operation);
  for (const std::string_view name : {"sql", "params", "body", "args", "stdin"}) {
    add_field(hasher, entry.field(name));
  }
  return hasher.end();
}

}  // namespace spoold
