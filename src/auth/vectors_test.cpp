// Every request that botocore signed for tests/protocol/signature_vectors.json is believed, and not once it was
// touched.
#include <boost/json.hpp>
#include <filesystem>
#include <gtest/gtest.h>

#include "auth/errors.hpp"
#include "auth/signature.hpp"
#include "io/file.hpp"

namespace clary::auth {
namespace {

namespace json = boost::json;

struct Vector {
  std::string name, who, method, path, query, virtual_bucket, body_hash;
  std::vector<std::pair<std::string, std::string>> headers;

  SignedMessage message() const {
    SignedMessage message{method, path, query, {}, virtual_bucket};
    for (const auto& [name, value] : headers) message.headers.emplace_back(name, value);
    return message;
  }
};

struct Vectors {
  Installation installation;
  Time now;
  std::vector<Vector> requests;
};

std::string text(const json::object& from, std::string_view name) {
  return std::string(from.at(name).as_string());
}

Vectors load() {
  auto path = std::filesystem::path(__FILE__).parent_path() / "../../tests/protocol/signature_vectors.json";
  auto file = io::read_file(path.string());
  EXPECT_TRUE(file) << "no vectors at " << path;
  if (!file) return {};
  const json::object document = json::parse(*file).as_object();
  Vectors vectors{{text(document, "account"), text(document, "access_key"), text(document, "secret_key"),
                   text(document, "master_key"), text(document, "role_arn")},
                  Time{document.at("now").as_int64() * 1'000'000},
                  {}};
  for (const json::value& value : document.at("requests").as_array()) {
    const json::object& from = value.as_object();
    Vector vector{text(from, "name"),        text(from, "who"),
                  text(from, "method"),      text(from, "path"),
                  text(from, "query"),       text(from, "virtual_bucket"),
                  text(from, "body_sha256"), {}};
    for (const json::value& header : from.at("headers").as_array())
      vector.headers.emplace_back(header.as_array()[0].as_string(), header.as_array()[1].as_string());
    vectors.requests.push_back(std::move(vector));
  }
  return vectors;
}

class SignatureVectors : public testing::Test {
 protected:
  Vectors vectors = load();
  ManualClock clock{vectors.now};
  Keys keys{vectors.installation, clock};
  Verifier verifier{keys, clock};

  Outcome<Verified> verify(const Vector& vector) const {
    auto message = vector.message();
    TRY(Claim claim, read_claim(message));
    // S3 streams: its body has not been seen when the head is judged.
    return verifier.verify(message, claim, claim.service == "s3" ? "" : vector.body_hash);
  }
};

TEST_F(SignatureVectors, AllAreBelieved) {
  ASSERT_GT(vectors.requests.size(), 100U);
  for (const Vector& vector : vectors.requests) {
    for (int cached = 0; cached < 2; ++cached) {
      auto verified = verify(vector);
      ASSERT_TRUE(verified) << vector.name << ": " << verified.error().code << " " << verified.error().message
                            << testing::PrintToString(verified.error().fields);
      EXPECT_EQ(verified->identity.root, vector.who == "root") << vector.name;
      EXPECT_EQ(verified->identity.session_name, vector.who == "root" ? "clary" : "a-session") << vector.name;
      EXPECT_EQ(verified->scope.account, vectors.installation.account);
    }
  }
}

TEST_F(SignatureVectors, NoneIsBelievedOnceTouched) {
  for (const Vector& vector : vectors.requests) {
    Vector touched = vector;
    touched.method = vector.method == "GET" ? "HEAD" : "GET";
    EXPECT_FALSE(verify(touched)) << vector.name << " with another method";
    touched = vector;
    touched.path += "x";
    EXPECT_FALSE(verify(touched)) << vector.name << " with another path";
    touched = vector;
    touched.query += touched.query.empty() ? "versionId=1" : "&uploads";
    EXPECT_FALSE(verify(touched)) << vector.name << " with another parameter";
    touched = vector;
    touched.headers.emplace_back("x-amz-copy-source", "/other/secret");
    if (vector.name.find(" s3") != std::string::npos) {
      EXPECT_FALSE(verify(touched)) << vector.name << " with an added x-amz- header";
    }
    for (std::size_t i = 0; i < vector.headers.size(); ++i) {
      touched = vector;
      touched.headers[i].second += "x";
      const std::string& name = vector.headers[i].first;
      const bool covered = name == "X-Amz-Date" || name == "Authorization" || name == "X-Amz-Content-SHA256" ||
                           name == "X-Amz-Security-Token" || name == "X-Amz-Target" ||
                           (name == "Host" && vector.query.find("AWSAccessKeyId") == std::string::npos);
      if (covered) {
        EXPECT_FALSE(verify(touched)) << vector.name << " with another " << name;
      }
    }
  }
}

TEST_F(SignatureVectors, NothingSlipsPastVersion2) {
  int seen = 0;
  for (const Vector& vector : vectors.requests) {
    if (vector.query.find("AWSAccessKeyId") == std::string::npos) continue;
    ++seen;
    for (const char* added :
         {"&uploads", "&%75ploads", "&acl=", "&retention", "&%72etention", "&x-amz-acl=public-read", "&X-Amz-Meta-A=1",
          "&response-content-type=text/html", "&Content-Type=a%2Fb", "&Expires=9999999999"}) {
      Vector touched = vector;
      touched.query += added;
      const bool typed = std::string_view(added).starts_with("&Content") && touched.headers[0].first == "Content-Type";
      if (!typed) {  // a real header wins over its stand-in
        EXPECT_FALSE(verify(touched)) << vector.name << " with " << added;
      }
    }
    Vector typed = vector;
    typed.headers.insert(typed.headers.begin(), {"content-type", "text/html"});
    EXPECT_FALSE(verify(typed)) << vector.name << " with another type";
  }
  EXPECT_GT(seen, 50);
}

TEST_F(SignatureVectors, PayloadsAreTold) {
  int trailers = 0;
  for (const Vector& vector : vectors.requests) {
    auto verified = verify(vector);
    ASSERT_TRUE(verified) << vector.name;
    if (vector.name.ends_with("s3 trailer")) {
      ++trailers;
      EXPECT_EQ(verified->payload, Payload::chunked_unsigned_trailer);
    } else if (vector.name.find("presigned s3") != std::string::npos) {
      EXPECT_EQ(verified->payload, Payload::unsigned_payload) << vector.name;
    } else {
      EXPECT_EQ(verified->payload, Payload::hashed) << vector.name;
      if (verified->service == "s3") {
        EXPECT_EQ(verified->payload_hash, vector.body_hash) << vector.name;
      }
    }
  }
  EXPECT_EQ(trailers, 2);
}

TEST_F(SignatureVectors, BodiesOfOtherServicesAreCovered) {
  for (const Vector& vector : vectors.requests) {
    auto message = vector.message();
    auto claim = read_claim(message);
    ASSERT_TRUE(claim);
    if (claim->service == "s3") continue;
    auto verified = verifier.verify(message, *claim, sha256_hex(vector.name));
    ASSERT_FALSE(verified) << vector.name;
    EXPECT_EQ(verified.error().code, "SignatureDoesNotMatch");
  }
}

TEST_F(SignatureVectors, AllEndWithTime) {
  for (double seconds : {16 * 60.0, -16 * 60.0, 86400.0 * 8}) {
    clock.set(vectors.now);
    clock.advance(seconds);
    for (const Vector& vector : vectors.requests) {
      const bool v2 = vector.query.find("AWSAccessKeyId") != std::string::npos;
      if (v2 && seconds < 0) continue;  // has no beginning
      auto verified = verify(vector);
      ASSERT_FALSE(verified) << vector.name << " after " << seconds;
      EXPECT_EQ(verified.error().code,
                vector.name.find("presigned") != std::string::npos ? "AccessDenied" : "RequestTimeTooSkewed")
          << vector.name;
    }
  }
}

}  // namespace
}  // namespace clary::auth
