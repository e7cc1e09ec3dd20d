#include "auth/signature.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <thread>

#include "auth/canonical.hpp"
#include "auth/digest.hpp"
#include "auth/errors.hpp"
#include "base/bytes.hpp"

namespace clary::auth {
namespace {

const Time now = *parse_basic_iso8601("20261124T203820Z");

class SignatureTest : public testing::Test {
 protected:
  ManualClock clock{now};
  Keys keys{Installation{"000000000000", "AKIACLARYROOTKEY2345", std::string(40, 's'), std::string(32, 'm'),
                         "arn:aws:iam::000000000000:role/service-role/ClarySageMakerRole"},
            clock};
  Verifier verifier{keys, clock};
  Credentials root{keys.installation().access_key, keys.installation().secret_key, "", {}};

  struct Request {
    std::string method = "POST", path = "/", query, body = "{}";
    std::vector<std::pair<std::string, std::string>> headers{{"Host", "localhost:9080"},
                                                             {"X-Amz-Target", "SageMaker.ListModels"}};
    SignedMessage message() const {
      SignedMessage message{method, path, query, {}, {}};
      for (const auto& [name, value] : headers) message.headers.emplace_back(name, value);
      return message;
    }
    std::string& header(std::string_view name) {
      for (auto& [field, value] : headers)
        if (field == name) return value;
      ADD_FAILURE() << "no header " << name;
      return headers.front().second;
    }
    void drop(std::string_view name) {
      std::erase_if(headers, [&](const auto& field) { return field.first == name; });
    }
  };

  Request signed_request(const Credentials& credentials, const std::string& service = "sagemaker") const {
    return signed_request(credentials, service, {});
  }
  Request signed_request(const Credentials& credentials, const std::string& service, Request request) const {
    for (auto& field : sign(request.message(), request.body, credentials, "eu-west-3", service, clock.now()))
      request.headers.push_back(field);
    return request;
  }
  Outcome<Verified> verify(const Request& request) const {
    auto message = request.message();
    TRY(Claim claim, read_claim(message));
    return verifier.verify(message, claim, sha256_hex(request.body));
  }
  std::string code(const Request& request) const {
    auto verified = verify(request);
    return verified ? "" : verified.error().code;
  }
  std::string s3_code(const Request& request) const {
    auto verified = verify(request);
    return verified ? "" : as_named_by("s3", verified.error()).code;
  }
};

TEST_F(SignatureTest, WhatIsSignedHereIsBelieved) {
  auto verified = verify(signed_request(root));
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_EQ(verified->identity.principal_arn, "arn:aws:sts::000000000000:assumed-role/ClarySageMakerRole/clary");
  EXPECT_EQ(verified->scope, (Scope{"000000000000", "eu-west-3"}));
  EXPECT_EQ(verified->service, "sagemaker");
  Request odd{"PUT",
              "/bucket/a%20b/../%C3%BC+!",
              "b=2&a=1+1&a=%41&c",
              "data",
              {{"host", "h"}, {"x-amz-meta-a", " x \t y "}, {"range", "bytes=0-1"}}};
  EXPECT_TRUE(verify(signed_request(root, "s3", odd)));
  EXPECT_TRUE(verify(signed_request(root, "execute-api", odd)));
}

TEST_F(SignatureTest, TheHeaderMayBeSpacedAnyWay) {
  Request request = signed_request(root);
  std::string& text = request.header("Authorization");
  std::string original = text;
  for (std::string between : {",", ",   ", " , "}) {
    text = original;
    for (std::size_t at = 0; (at = text.find(", ", at)) != std::string::npos; at += between.size())
      text.replace(at, 2, between);
    EXPECT_EQ(code(request), "") << text;
  }
}

TEST_F(SignatureTest, NoSignature) {
  EXPECT_EQ(code(Request{}), "MissingAuthenticationToken");
  EXPECT_EQ(s3_code(Request{}), "AccessDenied");
}

TEST_F(SignatureTest, AWrongKeyOrSecret) {
  Credentials other = root;
  other.secret_key[0] = 't';
  EXPECT_EQ(code(signed_request(other)), "SignatureDoesNotMatch");
  other = root;
  other.access_key = "AKIANOBODYSKEY234567";
  EXPECT_EQ(code(signed_request(other)), "InvalidClientTokenId");
  EXPECT_EQ(s3_code(signed_request(other, "s3")), "InvalidAccessKeyId");
}

TEST_F(SignatureTest, TheClockMayBeWrongByAQuarterOfAnHour) {
  Request request = signed_request(root);
  for (double seconds : {899.0, -899.0}) {
    clock.set(now);
    clock.advance(seconds);
    EXPECT_EQ(code(request), "");
  }
  for (double seconds : {901.0, -901.0}) {
    clock.set(now);
    clock.advance(seconds);
    EXPECT_EQ(code(request), "RequestTimeTooSkewed");
  }
}

TEST_F(SignatureTest, ADateHeaderDoesToo) {
  // curl and some older clients send Date only; the string to sign then holds it in ISO form.
  Request request = signed_request(root);
  request.headers.emplace_back("Date", "Mon, 01 Jan 2001 00:00:00 GMT");
  EXPECT_EQ(code(request), "") << "x-amz-date comes first";
  request.drop("x-amz-date");
  EXPECT_EQ(code(request), "IncompleteSignature") << "another date than the scope's";
  request.header("Date") = to_http_date(now);
  EXPECT_EQ(code(request), "SignatureDoesNotMatch") << "x-amz-date was signed and is gone";
}

// Signed by hand, as a client of another mind does it: over `path`, with what headers it has.
std::string signature_over(const SignedMessage& message, std::string_view path, const std::vector<std::string>& names,
                           std::string_view hash, const Credentials& credentials, const std::string& service) {
  const std::string scope = "20261124/eu-west-3/" + service + "/aws4_request";
  const std::string text = string_to_sign(
      "20261124T203820Z", scope, canonical_request(message, path, *canonical_query(message.query, ""), names, hash));
  const std::string key = derive_signing_key(credentials.secret_key, "20261124", "eu-west-3", service);
  return fmt::format("AWS4-HMAC-SHA256 Credential={}/{},SignedHeaders={},Signature={}", credentials.access_key, scope,
                     fmt::join(names, ";"), to_hex(hmac_sha256(key, text)));
}

TEST_F(SignatureTest, DateAloneIsEnough) {
  Request request{"GET", "/models", "", "", {{"Host", "h"}, {"Date", to_http_date(now)}}};
  request.headers.emplace_back("Authorization", signature_over(request.message(), "/models", {"date", "host"},
                                                               sha256_hex(""), root, "sagemaker"));
  EXPECT_EQ(code(request), "");
  request.drop("Date");
  EXPECT_EQ(code(request), "IncompleteSignature");
  EXPECT_EQ(s3_code(Request{
                "GET",
                "/",
                "",
                "",
                {{"Host", "h"}, {"Authorization", signature_over(request.message(), "/", {"host"}, "", root, "s3")}}}),
            "AccessDenied");
}

TEST_F(SignatureTest, AnS3PathMayBeSignedAsItIsSent) {
  const std::string path = "/bucket/it's+(this)%2fkey";
  for (const std::string& signed_path : {path, std::string("/bucket/it%27s%2B%28this%29/key")}) {
    Request request{"GET",
                    path,
                    "",
                    "",
                    {{"Host", "h"}, {"x-amz-date", "20261124T203820Z"}, {"x-amz-content-sha256", "UNSIGNED-PAYLOAD"}}};
    request.headers.emplace_back(
        "Authorization", signature_over(request.message(), signed_path, {"host", "x-amz-content-sha256", "x-amz-date"},
                                        "UNSIGNED-PAYLOAD", root, "s3"));
    EXPECT_EQ(code(request), "") << signed_path;
    request.path = "/bucket/other";
    EXPECT_EQ(code(request), "SignatureDoesNotMatch");
  }
}

TEST_F(SignatureTest, ManyThreadsShareOneVerifier) {
  std::vector<Request> requests;
  for (int i = 0; i < 16; ++i)
    requests.push_back(signed_request(keys.issue("arn:aws:iam::000000000000:role/R", "s" + std::to_string(i), 900)));
  std::atomic<int> believed{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i)
        believed += verify(requests[static_cast<std::size_t>(i) % requests.size()]).ok() ? 1 : 0;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(believed, 800);
}

TEST_F(SignatureTest, TemporaryCredentials) {
  Credentials session = keys.issue("arn:aws:iam::000000000000:role/path/Other", "me", 900);
  Request request = signed_request(session);
  auto verified = verify(request);
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_EQ(verified->identity.principal_arn, "arn:aws:sts::000000000000:assumed-role/Other/me");
  EXPECT_FALSE(verified->identity.root);

  Request untold = request;
  untold.drop("x-amz-security-token");
  EXPECT_EQ(code(untold), "InvalidClientTokenId");
  Request forged = request;
  forged.header("x-amz-security-token")[60] ^= 1;
  EXPECT_EQ(code(forged), "InvalidToken");
  Credentials mixed = session;
  mixed.session_token = keys.issue("arn:aws:iam::000000000000:role/path/Other", "me", 900).session_token;
  EXPECT_EQ(code(signed_request(mixed)), "InvalidToken") << "another key's token";
  mixed = root;
  mixed.session_token = session.session_token;
  EXPECT_EQ(code(signed_request(mixed)), "InvalidToken") << "the root key has no token";

  clock.advance(899);
  EXPECT_EQ(code(signed_request(session)), "");
  clock.advance(1);
  EXPECT_EQ(code(signed_request(session)), "ExpiredToken") << "also when its key is cached";
  EXPECT_EQ(
      Verifier(keys, clock).verify(request.message(), *read_claim(request.message()), sha256_hex("{}")).error().code,
      "ExpiredToken");
}

TEST_F(SignatureTest, BrokenAuthorizationHeaders) {
  const std::string good = signed_request(root).header("Authorization");
  auto with = [&](std::string text) {
    Request request = signed_request(root);
    request.header("Authorization") = std::move(text);
    return code(request);
  };
  auto replaced = [&](std::string from, std::string to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return with(text);
  };
  EXPECT_EQ(with(""), "IncompleteSignature");
  EXPECT_EQ(with("Bearer abc"), "IncompleteSignature");
  EXPECT_EQ(with("AWS4-HMAC-SHA256"), "IncompleteSignature");
  EXPECT_EQ(with("AWS AKIACLARYROOTKEY2345:c2lnbmF0dXJl"), "InvalidRequest") << "SigV2 is for presigned queries only";
  EXPECT_EQ(with(good + ", Signature=00"), "IncompleteSignature");
  EXPECT_EQ(replaced("Credential=", "Credentials="), "IncompleteSignature");
  EXPECT_EQ(replaced("SignedHeaders=", "Signed="), "IncompleteSignature");
  EXPECT_EQ(replaced("Signature=", "Signature="), "");
  EXPECT_EQ(replaced("host;", ""), "IncompleteSignature");
  EXPECT_EQ(replaced("host;", "host;;"), "IncompleteSignature");
  EXPECT_EQ(replaced("/aws4_request", "/aws3_request"), "IncompleteSignature");
  EXPECT_EQ(replaced("eu-west-3", ""), "IncompleteSignature");
  EXPECT_EQ(replaced("eu-west-3", "EU WEST"), "IncompleteSignature");
  EXPECT_EQ(replaced("eu-west-3/", ""), "IncompleteSignature");
  EXPECT_EQ(replaced("20261124", "20261125"), "IncompleteSignature");
  EXPECT_EQ(replaced("eu-west-3", "eu-west-2"), "SignatureDoesNotMatch");
  EXPECT_EQ(replaced("SignedHeaders=", "SignedHeaders=" + std::string(4000, ';')), "IncompleteSignature");
  Request twice = signed_request(root);
  twice.headers.emplace_back("authorization", good);
  EXPECT_EQ(code(twice), "IncompleteSignature");
  Request both = signed_request(root);
  both.query = "X-Amz-Algorithm=AWS4-HMAC-SHA256";
  EXPECT_EQ(code(both), "InvalidArgument");
}

TEST_F(SignatureTest, WhatNobodySigned) {
  Request request = signed_request(root, "s3");
  request.headers.emplace_back("X-Amz-Acl", "public-read");
  auto verified = verify(request);
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().code, "AccessDenied");
  EXPECT_EQ(verified.error().fields.at(0), (std::pair<std::string, std::string>{"HeadersNotSigned", "x-amz-acl"}));

  Request json = signed_request(root, "sagemaker", Request{"POST", "/", "", "{}", {{"Host", "h"}}});
  json.headers.emplace_back("X-Amz-Target", "SageMaker.DeleteModel");
  EXPECT_EQ(code(json), "AccessDenied") << "the target chooses the operation";
}

TEST_F(SignatureTest, BodiesAndTheirHashes) {
  Request request = signed_request(root);
  request.body = "{ }";
  EXPECT_EQ(code(request), "XAmzContentSHA256Mismatch");
  EXPECT_EQ(as_named_by("sagemaker", verify(request).error()).code, "InvalidSignatureException");
  request = signed_request(root, "s3");
  request.header("x-amz-content-sha256") = "abc";
  EXPECT_EQ(code(request), "InvalidArgument");
  request.drop("x-amz-content-sha256");
  auto message = request.message();
  EXPECT_EQ(verifier.verify(message, *read_claim(message), "").error().code, "InvalidRequest");
}

TEST_F(SignatureTest, RepeatedHeadersAreJoined) {
  Request request;
  request.headers.emplace_back("x-amz-meta", "one");
  request.headers.emplace_back("X-Amz-Meta", "two");
  request = signed_request(root, "s3", request);
  EXPECT_EQ(code(request), "");
  std::erase_if(request.headers, [](const auto& field) { return field.first == "X-Amz-Meta"; });
  EXPECT_EQ(code(request), "SignatureDoesNotMatch");
  request.header("x-amz-meta") = "one,two";
  EXPECT_EQ(code(request), "");
}

TEST_F(SignatureTest, BrokenPresignedQueries) {
  const std::string key = "X-Amz-Credential=AKIACLARYROOTKEY2345%2F20261124%2Fus-east-1%2Fs3%2Faws4_request";
  const std::string rest =
      "&X-Amz-Date=20261124T203820Z&X-Amz-SignedHeaders=host&X-Amz-Signature=" + std::string(64, '0');
  auto with = [&](const std::string& query) { return code(Request{"GET", "/b/k", query, "", {{"Host", "h"}}}); };
  const std::string algorithm = "X-Amz-Algorithm=AWS4-HMAC-SHA256&";
  EXPECT_EQ(with(algorithm + key + rest + "&X-Amz-Expires=60"), "SignatureDoesNotMatch");
  EXPECT_EQ(with(algorithm + key + rest), "AuthorizationQueryParametersError");
  EXPECT_EQ(with(key + rest + "&X-Amz-Expires=60"), "AuthorizationQueryParametersError");
  for (std::string expires : {"0", "-1", "604801", "abc", "", "99999999999999999999", "60x"})
    EXPECT_EQ(with(algorithm + key + rest + "&X-Amz-Expires=" + expires), "AuthorizationQueryParametersError")
        << expires;
  EXPECT_EQ(with(algorithm + key + rest + "&X-Amz-Expires=60&X-Amz-Expires=70"), "AuthorizationQueryParametersError");
  EXPECT_EQ(with(algorithm + key + rest + "&X-Amz-Expires=60&x=%zz"), "InvalidArgument");
  EXPECT_EQ(with("AWSAccessKeyId=AKIACLARYROOTKEY2345&Signature=abc&Expires=soon"), "AccessDenied");
  EXPECT_EQ(with("AWSAccessKeyId=AKIACLARYROOTKEY2345&Signature=abc"), "AccessDenied");
  EXPECT_EQ(with("AWSAccessKeyId=AKIACLARYROOTKEY2345&Signature=abc&Expires=1"), "AccessDenied");
  EXPECT_EQ(with("AWSAccessKeyId=AKIACLARYROOTKEY2345&Signature=abc&Expires=9223372036854775807"),
            "SignatureDoesNotMatch");
  EXPECT_EQ(with("AWSAccessKeyId=AKIACLARYROOTKEY2345&Signature=abc&Expires=9223372036854775807&retention"),
            "InvalidRequest");
}

TEST_F(SignatureTest, ErrorsAsEachServiceNamesThem) {
  auto named = [](std::string service, Error error) { return as_named_by(service, std::move(error)); };
  EXPECT_EQ(named("sagemaker", missing_token()).code, "MissingAuthenticationTokenException");
  EXPECT_EQ(named("logs", unknown_key("k")).code, "UnrecognizedClientException");
  EXPECT_EQ(named("sts", unknown_key("k")).code, "InvalidClientTokenId");
  EXPECT_EQ(named("sagemaker", signature_mismatch()).code, "InvalidSignatureException");
  EXPECT_EQ(named("iam", signature_mismatch()).code, "SignatureDoesNotMatch");
  EXPECT_EQ(named("monitoring", expired_token()).code, "ExpiredToken");
  EXPECT_EQ(named("sagemaker", expired_token()).code, "ExpiredTokenException");
  EXPECT_EQ(named("s3", incomplete("x")).code, "AuthorizationHeaderMalformed");
  auto status = [&](const std::string& service, Error error) {
    return http_status(service, named(service, std::move(error)));
  };
  EXPECT_EQ(status("s3", expired_token()), 400U);
  EXPECT_EQ(status("sts", expired_token()), 403U);
  EXPECT_EQ(status("logs", expired_token()), 400U);
  EXPECT_EQ(status("sts", incomplete("x")), 400U);
  EXPECT_EQ(status("s3", signature_mismatch()), 403U);
  EXPECT_EQ(status("sagemaker", skewed()), 403U);
  EXPECT_EQ(http_status("s3", validation("x")), 0U);
  EXPECT_EQ(named("s3", unknown_key("AKIA")).fields.size(), 1U);
  EXPECT_TRUE(named("sts", unknown_key("AKIA")).fields.empty());
}

}  // namespace
}  // namespace clary::auth
