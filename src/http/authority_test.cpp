#include "http/authority.hpp"

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include "http/certificate.hpp"
#include "http/test_server.hpp"

namespace clary::http {
namespace {

const std::vector<std::string> permitted{"amazonaws.com", "localhost", "127.0.0.1"};

// What a client that trusts only `root_pem` makes of the certificate for `name`: X509_V_OK, or why not.
long verdict(const std::string& root_pem, X509* leaf, const std::string& name) {
  auto root = parse_certificate(root_pem);
  EXPECT_TRUE(root.ok());
  std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(X509_STORE_new(), X509_STORE_free);
  X509_STORE_add_cert(store.get(), root->get());
  std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> context(X509_STORE_CTX_new(), X509_STORE_CTX_free);
  X509_STORE_CTX_init(context.get(), store.get(), leaf, nullptr);
  auto* wanted = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_purpose(wanted, X509_PURPOSE_SSL_SERVER);
  X509_VERIFY_PARAM_set_flags(wanted, X509_V_FLAG_X509_STRICT);
  if (is_address(name)) {
    X509_VERIFY_PARAM_set1_ip_asc(wanted, name.c_str());
  } else {
    X509_VERIFY_PARAM_set1_host(wanted, name.c_str(), 0);
  }
  X509_verify_cert(context.get());
  return X509_STORE_CTX_get_error(context.get());
}

TEST(Authority, LeavesAreAcceptedByAClientThatTrustsTheRoot) {
  TestFolder folder;
  auto authority = Authority::open(folder / "ca", permitted);
  ASSERT_TRUE(authority.ok()) << authority.error().detail;
  for (std::string name :
       {"localhost", "127.0.0.1", "sts.us-east-1.amazonaws.com", "bucket.localhost",
        "a-bucket-with-a-name-of-sixty-three-characters-in-it-as-is-allowed.s3.eu-central-1.amazonaws.com"}) {
    auto context = (*authority)->context_for(name);
    ASSERT_TRUE(context) << name;
    auto* leaf = SSL_CTX_get0_certificate(context.get());
    EXPECT_EQ(verdict((*authority)->certificate_pem(), leaf, name), X509_V_OK) << name;
    EXPECT_NE(verdict((*authority)->certificate_pem(), leaf, "example.com"), X509_V_OK) << name;
    EXPECT_EQ((*authority)->context_for(name), context) << name;
  }
  EXPECT_EQ((*authority)->context_for("STS.us-east-1.amazonaws.com"),
            (*authority)->context_for("sts.us-east-1.amazonaws.com"));
}

TEST(Authority, OtherNamesAreNotVouchedFor) {
  TestFolder folder;
  auto authority = Authority::open(folder / "ca", permitted);
  ASSERT_TRUE(authority.ok());
  for (const char* name :
       {"example.com", "amazonaws.com.example.com", "notamazonaws.com", "127.0.0.2", "::1", "1.127.0.0.1", "",
        "*.amazonaws.com", "a,DNS:example.com.amazonaws.com", "x.127.0.0.1", ".amazonaws.com"}) {
    EXPECT_FALSE((*authority)->context_for(name)) << name;
  }
}

TEST(Authority, TheRootItselfCannotVouchForOtherNames) {
  auto root_key = make_key();
  auto root = make_root(*root_key, permitted);
  ASSERT_TRUE(root.ok());
  auto key = make_key();
  for (std::string name : {"example.com", "10.0.0.1", "::1"}) {
    auto leaf = make_leaf(*root, *root_key, *key, name, 10);
    ASSERT_TRUE(leaf.ok()) << name;
    EXPECT_NE(verdict(*to_pem(*root), leaf->get(), name), X509_V_OK) << name;
  }
  auto names_only = make_root(*root_key, {"localhost"});
  auto leaf = make_leaf(*names_only, *root_key, *key, "10.0.0.1", 10);
  EXPECT_NE(verdict(*to_pem(*names_only), leaf->get(), "10.0.0.1"), X509_V_OK);
}

TEST(Authority, TheKeyIsForItsOwnerAlone) {
  TestFolder folder;
  ASSERT_TRUE(Authority::open(folder / "ca", permitted).ok());
  struct stat info {};
  ASSERT_EQ(::stat((folder / "ca/ca.key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST(Authority, IsReadAgainAndMadeAnewOnlyForOtherNames) {
  TestFolder folder;
  auto first = Authority::open(folder / "ca", permitted);
  auto again = Authority::open(folder / "ca", permitted);
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_EQ((*first)->certificate_pem(), (*again)->certificate_pem());
  auto wider = Authority::open(folder / "ca", {"amazonaws.com", "localhost", "127.0.0.1", "host.example"});
  ASSERT_TRUE(wider.ok());
  EXPECT_NE((*wider)->certificate_pem(), (*first)->certificate_pem());
  EXPECT_TRUE((*wider)->context_for("host.example"));
  ASSERT_TRUE(io::write_durably(folder / "ca/ca.pem", "broken").ok());
  EXPECT_TRUE(Authority::open(folder / "ca", permitted).ok());
  EXPECT_FALSE(Authority::open(folder / "other", {"a b"}).ok());
}

TEST(Authority, TheCacheIsBounded) {
  TestFolder folder;
  auto authority = Authority::open(folder / "ca", permitted);
  ASSERT_TRUE(authority.ok());
  std::weak_ptr<ssl_ctx_st> oldest = (*authority)->context_for("b0.localhost");
  for (int at = 1; at <= 1000; ++at) ASSERT_TRUE((*authority)->context_for(fmt::format("b{}.localhost", at)));
  EXPECT_TRUE(oldest.expired());
}

}  // namespace
}  // namespace clary::http
