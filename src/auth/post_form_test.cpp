#include "auth/post_form.hpp"

#include <boost/json.hpp>
#include <filesystem>
#include <gtest/gtest.h>

#include "auth/errors.hpp"
#include "base/bytes.hpp"
#include "io/file.hpp"

namespace clary::auth {
namespace {

namespace json = boost::json;

struct Form {
  std::string name;
  FormFields fields;
};

// The forms that botocore made, see tests/protocol/signature_vectors.py.
class PostForm : public testing::Test {
 protected:
  json::object document =
      json::parse(
          *io::read_file(
              (std::filesystem::path(__FILE__).parent_path() / "../../tests/protocol/signature_vectors.json").string()))
          .as_object();
  std::string text(std::string_view name) const { return std::string(document.at(name).as_string()); }
  ManualClock clock{Time{document.at("now").as_int64() * 1'000'000}};
  Keys keys{{text("account"), text("access_key"), text("secret_key"), text("master_key"), text("role_arn")}, clock};

  std::vector<Form> forms() const {
    std::vector<Form> all;
    for (const json::value& post : document.at("posts").as_array()) {
      Form form{std::string(post.at("name").as_string()), {{"bucket", "bucket"}}};
      for (const auto& field : post.at("fields").as_object())
        form.fields[std::string(field.key())] = std::string(field.value().as_string());
      form.fields["key"] = "up/photo.jpg";
      all.push_back(std::move(form));
    }
    return all;
  }
  // Everything that S3 asks before it keeps a byte.
  std::string accept(const FormFields& fields, std::optional<std::uint64_t> size = 50) const {
    auto identity = verify_post(fields, keys, clock);
    if (!identity) return identity.error().code;
    auto policy = parse_policy(fields.at("policy"));
    if (!policy) return policy.error().code;
    auto checked = check(*policy, fields, size, clock);
    return checked ? "" : checked.error().code + ": " + checked.error().message;
  }
};

TEST_F(PostForm, BotocoresFormsAreAccepted) {
  auto all = forms();
  ASSERT_EQ(all.size(), 6U);
  for (const Form& form : all) {
    EXPECT_EQ(accept(form.fields), "") << form.name;
    EXPECT_EQ(verify_post(form.fields, keys, clock)->root, form.name.starts_with("root")) << form.name;
  }
}

TEST_F(PostForm, NotOnceTheyWereTouched) {
  for (const Form& form : forms()) {
    for (const auto& [name, value] : form.fields) {
      FormFields touched = form.fields;
      touched[name] = "x" + value;
      if (name != "x-amz-meta-a") {  // may be anything, says the policy
        EXPECT_NE(accept(touched), "") << form.name << " " << name;
      }
      touched.erase(name);
      if (name != "x-amz-meta-a") {
        EXPECT_NE(accept(touched), "") << form.name << " without " << name;
      }
    }
    FormFields more = form.fields;
    more["Content-Type"] = "text/html";
    EXPECT_EQ(accept(more), "AccessDenied: Invalid according to Policy: Extra input fields: content-type");
    more = form.fields;
    more["x-ignore-me"] = "1";
    EXPECT_EQ(accept(more), "");
    more = form.fields;
    more["key"] = "other/photo.jpg";
    EXPECT_EQ(
        accept(more),
        "AccessDenied: Invalid according to Policy: Policy Condition failed: [\"starts-with\", \"$key\", \"up/\"]");
    more = form.fields;
    more["acl"] = "public-read";
    EXPECT_EQ(accept(more),
              "AccessDenied: Invalid according to Policy: Policy Condition failed: [\"eq\", \"$acl\", \"private\"]");
  }
}

TEST_F(PostForm, SizesAreHeld) {
  for (const Form& form : forms()) {
    EXPECT_EQ(accept(form.fields, 1), "");
    EXPECT_EQ(accept(form.fields, 100), "");
    EXPECT_TRUE(accept(form.fields, 0).starts_with("EntityTooSmall"));
    EXPECT_TRUE(accept(form.fields, 101).starts_with("EntityTooLarge"));
    EXPECT_EQ(accept(form.fields, std::nullopt), "");
  }
}

TEST_F(PostForm, TheyExpire) {
  auto all = forms();
  clock.advance(599);
  for (const Form& form : all) EXPECT_EQ(accept(form.fields), "") << form.name;
  clock.advance(1);
  for (const Form& form : all)
    EXPECT_EQ(accept(form.fields), "AccessDenied: Invalid according to Policy: Policy expired.") << form.name;
  clock.advance(3600);
  for (const Form& form : all) {
    if (form.name.starts_with("session")) {
      EXPECT_EQ(accept(form.fields), "ExpiredToken") << form.name;
    }
  }
}

TEST_F(PostForm, WhatIsMissing) {
  EXPECT_EQ(accept({{"key", "k"}}), "MissingAuthenticationToken");
  EXPECT_EQ(accept({{"AWSAccessKeyId", "AKIACLARYROOTKEY2345"}}), "InvalidArgument");
  EXPECT_EQ(accept({{"AWSAccessKeyId", "AKIACLARYROOTKEY2345"}, {"policy", "e30="}}), "InvalidArgument");
  EXPECT_EQ(accept({{"AWSAccessKeyId", "AKIANOBODY"}, {"policy", "e30="}, {"signature", "x"}}), "InvalidClientTokenId");
  EXPECT_EQ(accept({{"x-amz-algorithm", "AWS4-HMAC-SHA256"}, {"policy", "e30="}}), "InvalidArgument");
  EXPECT_EQ(accept({{"x-amz-algorithm", "other"}, {"policy", "e30="}}), "InvalidArgument");
  FormFields both = forms()[0].fields;
  both["AWSAccessKeyId"] = "AKIACLARYROOTKEY2345";
  EXPECT_EQ(accept(both), "InvalidArgument");
}

TEST(PostPolicy, IsReadWithCare) {
  auto parsed = [](const std::string& text) { return parse_policy(to_base64(text)); };
  auto policy = parsed(
      R"({"expiration":"2026-11-24T20:38:20.000Z","conditions":[{"Acl":"a","b":"c"},["EQ","$Key","k"],["content-length-range","1",9]]})");
  ASSERT_TRUE(policy) << policy.error().message;
  EXPECT_EQ(policy->conditions.size(), 3U);
  EXPECT_EQ(policy->conditions[0].field, "acl");
  EXPECT_EQ(policy->length, (std::pair<std::uint64_t, std::uint64_t>{1, 9}));
  EXPECT_FALSE(parse_policy("not base64!"));
  EXPECT_FALSE(parse_policy(std::string(40000, 'A')));
  for (const char* text :
       {"", "{", "[]", "{}", R"({"expiration":"soon","conditions":[]})", R"({"expiration":"2026-11-24T20:38:20Z"})",
        R"({"conditions":[]})", R"({"expiration":"2026-11-24T20:38:20Z","conditions":[1]})",
        R"({"expiration":"2026-11-24T20:38:20Z","conditions":[{"a":1}]})",
        R"({"expiration":"2026-11-24T20:38:20Z","conditions":[[]]})",
        R"({"expiration":"2026-11-24T20:38:20Z","conditions":[["eq","key","k"]]})",
        R"({"expiration":"2026-11-24T20:38:20Z","conditions":[["ends-with","$key","k"]]})",
        R"({"expiration":"2026-11-24T20:38:20Z","conditions":[["content-length-range",-1,5]]})"}) {
    auto bad = parsed(text);
    ASSERT_FALSE(bad) << text;
    EXPECT_EQ(bad.error().code, "InvalidPolicyDocument");
  }
  EXPECT_FALSE(parsed("{\"expiration\":" + std::string(10000, '[')));
}

}  // namespace
}  // namespace clary::auth
