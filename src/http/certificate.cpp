#include "http/certificate.hpp"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/rng.hpp"

namespace clary::http {

namespace {

constexpr int root_days = 3650;
constexpr long day = 24 * 60 * 60;

Error openssl_error(std::string_view what) {
  char text[256] = "unknown";
  if (auto code = ERR_get_error()) ERR_error_string_n(code, text, sizeof(text));
  ERR_clear_error();
  return internal("{}: {}", what, text);
}

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

std::string text_of(BIO* bio) {
  char* data = nullptr;
  auto size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

struct ExtensionText {
  int nid;
  std::string value;
};

Outcome<void> add_extensions(X509* certificate, X509* issuer, const std::vector<ExtensionText>& extensions) {
  for (const auto& [nid, value] : extensions) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
        X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()), X509_EXTENSION_free);
    if (!extension || !X509_add_ext(certificate, extension.get(), -1)) return openssl_error(value);
  }
  return {};
}

// What root and leaf have in common. An hour of grace before now is for clients whose clock is a little behind.
Outcome<Certificate> begin(const Key& key, const std::string& common_name, int days) {
  Certificate certificate(X509_new(), X509_free);
  std::unique_ptr<BIGNUM, decltype(&BN_free)> serial(BN_new(), BN_free);
  auto number = random_bytes(16);
  number[0] = static_cast<char>((number[0] & 0x3f) | 0x40);  // positive, and never shorter than 16 bytes
  if (!certificate || !serial || !BN_bin2bn(reinterpret_cast<const unsigned char*>(number.data()), 16, serial.get()) ||
      !BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate.get())) ||
      !X509_set_version(certificate.get(), X509_VERSION_3) ||
      !X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600) ||
      !X509_gmtime_adj(X509_getm_notAfter(certificate.get()), days * day) ||
      !X509_set_pubkey(certificate.get(), key.get())) {
    return openssl_error("certificate");
  }
  auto* subject = X509_get_subject_name(certificate.get());
  auto add = [&](const char* field, const std::string& text) {
    return X509_NAME_add_entry_by_txt(subject, field, MBSTRING_ASC, reinterpret_cast<const unsigned char*>(text.data()),
                                      static_cast<int>(text.size()), -1, 0);
  };
  // A common name has 64 characters at the most, and an address there would be read as a host name that the constraints
  // do not permit; clients go by the alternative name anyway.
  bool fits = common_name.size() <= 64 && !is_address(common_name);
  if (!add("O", "Clary") || !add("CN", fits ? common_name : "Clary")) return openssl_error("subject");
  return certificate;
}

std::string netmask(const std::string& address) {
  return address.find(':') == std::string::npos ? "255.255.255.255" : "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
}

std::string root_name(const std::string& serial) {
  return "Clary local authority " + serial;
}

}  // namespace

bool is_address(const std::string& name) {
  unsigned char room[sizeof(in6_addr)];
  return inet_pton(AF_INET, name.c_str(), room) == 1 || inet_pton(AF_INET6, name.c_str(), room) == 1;
}

Outcome<Key> make_key() {
  Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  if (!key) return openssl_error("key");
  return key;
}

Outcome<std::string> to_pem(const Key& key) {
  Bio out(BIO_new(BIO_s_mem()), BIO_free);
  if (!out || !PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr)) {
    return openssl_error("key as PEM");
  }
  return text_of(out.get());
}

Outcome<std::string> to_pem(const Certificate& certificate) {
  Bio out(BIO_new(BIO_s_mem()), BIO_free);
  if (!out || !PEM_write_bio_X509(out.get(), certificate.get())) return openssl_error("certificate as PEM");
  return text_of(out.get());
}

Outcome<Key> parse_key(const std::string& pem) {
  Bio in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  Key key(in ? PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr) : nullptr, EVP_PKEY_free);
  if (!key) return openssl_error("reading a key");
  return key;
}

Outcome<Certificate> parse_certificate(const std::string& pem) {
  Bio in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  Certificate certificate(in ? PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr) : nullptr, X509_free);
  if (!certificate) return openssl_error("reading a certificate");
  return certificate;
}

std::string constraints_of(const std::vector<std::string>& permitted) {
  std::string text = "critical";
  bool v4 = false;
  bool v6 = false;
  for (const auto& name : permitted) {
    if (is_address(name)) {
      (name.find(':') == std::string::npos ? v4 : v6) = true;
      text += ",permitted;IP:" + name + "/" + netmask(name);
    } else {
      text += ",permitted;DNS:" + name;
    }
  }
  // A kind of name that no constraint speaks of would be free for all.
  if (!v4 && !v6) text += ",excluded;IP:0.0.0.0/0.0.0.0,excluded;IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0";
  return text;
}

bool has_constraints(const Certificate& root, const std::vector<std::string>& permitted) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, nullptr, nullptr, nullptr, nullptr, 0);
  std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> wanted(
      X509V3_EXT_conf_nid(nullptr, &context, NID_name_constraints, constraints_of(permitted).c_str()),
      X509_EXTENSION_free);
  int at = X509_get_ext_by_NID(root.get(), NID_name_constraints, -1);
  if (!wanted || at < 0) return false;
  auto* found = X509_get_ext(root.get(), at);
  return X509_EXTENSION_get_critical(found) &&
         ASN1_STRING_cmp(X509_EXTENSION_get_data(found), X509_EXTENSION_get_data(wanted.get())) == 0;
}

bool ends_within(const Certificate& certificate, int days) {
  auto limit = time(nullptr) + days * day;
  return X509_cmp_time(X509_get0_notAfter(certificate.get()), &limit) <= 0;
}

Outcome<Certificate> make_root(const Key& key, const std::vector<std::string>& permitted) {
  TRY(auto root, begin(key, root_name(random_alphanumeric(6)), root_days));
  if (!X509_set_issuer_name(root.get(), X509_get_subject_name(root.get()))) return openssl_error("issuer");
  CHECK_OK(add_extensions(root.get(), root.get(),
                          {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                           {NID_key_usage, "critical,keyCertSign,cRLSign"},
                           {NID_subject_key_identifier, "hash"},
                           {NID_name_constraints, constraints_of(permitted)}}));
  CHECK_OK(add_extensions(root.get(), root.get(), {{NID_authority_key_identifier, "keyid:always"}}));
  if (!X509_sign(root.get(), key.get(), EVP_sha256())) return openssl_error("signing the root");
  return root;
}

Outcome<Certificate> make_leaf(const Certificate& root, const Key& root_key, const Key& key, const std::string& name,
                               int days) {
  TRY(auto leaf, begin(key, name, days));
  if (!X509_set_issuer_name(leaf.get(), X509_get_subject_name(root.get()))) return openssl_error("issuer");
  CHECK_OK(add_extensions(leaf.get(), root.get(),
                          {{NID_basic_constraints, "critical,CA:FALSE"},
                           {NID_key_usage, "critical,digitalSignature"},
                           {NID_ext_key_usage, "serverAuth"},
                           {NID_subject_key_identifier, "hash"},
                           {NID_authority_key_identifier, "keyid:always"},
                           {NID_subject_alt_name, (is_address(name) ? "IP:" : "DNS:") + name}}));
  if (!X509_sign(leaf.get(), root_key.get(), EVP_sha256())) return openssl_error("signing a leaf");
  return leaf;
}

}  // namespace clary::http
