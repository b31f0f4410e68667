#include "support/http_server_certificate.hpp"

// The one place in this program where Asio's TLS code is compiled (BOOST_ASIO_SEPARATE_COMPILATION).
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <boost/asio/ssl/impl/src.hpp>
#include <memory>
#include <stdexcept>

namespace spoold::test {

namespace {

template <auto Free>
struct Freed {
  template <class Object>
  void operator()(Object* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;

void check(bool good) {
  if (!good) throw std::runtime_error("the certificate could not be made");
}

void extend(X509* certificate, int kind, const std::string& value) {
  const std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>> extension{
      X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str())};
  check(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

Certificate make_certificate(EVP_PKEY* key, const std::string& name) {
  Certificate certificate{X509_new()};
  X509* const x509 = certificate.get();
  check(X509_set_version(x509, 2) == 1);
  check(ASN1_INTEGER_set(X509_get_serialNumber(x509), 1) == 1);
  check(X509_gmtime_adj(X509_getm_notBefore(x509), -3600) != nullptr);
  check(X509_gmtime_adj(X509_getm_notAfter(x509), 86400) != nullptr);
  check(X509_set_pubkey(x509, key) == 1);
  X509_NAME* const subject = X509_get_subject_name(x509);
  const auto* const bytes = reinterpret_cast<const unsigned char*>(name.c_str());
  check(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, bytes, -1, -1, 0) == 1);
  check(X509_set_issuer_name(x509, subject) == 1);
  extend(x509, NID_subject_alt_name, "DNS:" + name + ",IP:127.0.0.1");
  extend(x509, NID_basic_constraints, "critical,CA:TRUE");
  check(X509_sign(x509, key, EVP_sha256()) > 0);
  return certificate;
}

std::string to_pem(X509* certificate) {
  const std::unique_ptr<BIO, Freed<BIO_free_all>> memory{BIO_new(BIO_s_mem())};
  check(PEM_write_bio_X509(memory.get(), certificate) == 1);
  char* text = nullptr;
  const long length = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(length)};
}

}  // namespace

std::string use_new_certificate(boost::asio::ssl::context& context, const std::string& name) {
  const Key key{EVP_EC_gen("P-256")};
  check(key != nullptr);
  const Certificate certificate = make_certificate(key.get(), name);
  check(SSL_CTX_use_certificate(context.native_handle(), certificate.get()) == 1);
  check(SSL_CTX_use_PrivateKey(context.native_handle(), key.get()) == 1);
  return to_pem(certificate.get());
}

}  // namespace spoold::test
