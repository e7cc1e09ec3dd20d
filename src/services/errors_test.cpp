#include "services/errors.hpp"

#include <gtest/gtest.h>

namespace clary::services {
namespace {

wire::Service make_service(std::string_view name, wire::Protocol protocol,
                           std::span<const wire::ErrorShape> errors = {}) {
  wire::Service service{};
  service.name = name;
  service.protocol = protocol;
  service.errors = errors;
  return service;
}

std::string told(const Error& error, const wire::Service& service) {
  NamedError named = name_of(error, service);
  return fmt::format("{} {}", named.code, named.status);
}

constexpr wire::ErrorShape shapes[] = {{"ModelError", "ModelError", 424},
                                       {"NoSuchEntityException", "NoSuchEntity", 404},
                                       {"ResourceInUse", "ResourceInUse", 400}};

TEST(Errors, AreNamedAfterTheirKindAsTheProtocolDoes) {
  auto json = make_service("some", wire::Protocol::json_1_1), query = make_service("some", wire::Protocol::query);
  EXPECT_EQ(told(validation("x"), json), "ValidationException 400");
  EXPECT_EQ(told(validation("x"), query), "ValidationError 400");
  EXPECT_EQ(told(make_error(ErrorKind::not_found, "x"), json), "ResourceNotFoundException 404");
  EXPECT_EQ(told(make_error(ErrorKind::not_found, "x"), query), "NoSuchEntity 404");
  EXPECT_EQ(told(make_error(ErrorKind::not_implemented, "x"), json), "UnknownOperationException 400");
  EXPECT_EQ(told(make_error(ErrorKind::not_implemented, "x"), query), "InvalidAction 400");
}

TEST(Errors, AServiceMayCallAKindDifferently) {
  auto sagemaker = make_service("sagemaker", wire::Protocol::json_1_1),
       runtime = make_service("sagemaker-runtime", wire::Protocol::rest_json);
  EXPECT_EQ(told(make_error(ErrorKind::not_found, "x"), sagemaker), "ValidationException 400");
  EXPECT_EQ(told(make_error(ErrorKind::in_use, "x"), sagemaker), "ResourceInUse 400");
  EXPECT_EQ(told(make_error(ErrorKind::limit_exceeded, "x"), sagemaker), "ResourceLimitExceeded 400");
  EXPECT_EQ(told(make_error(ErrorKind::limit_exceeded, "x"), runtime), "ValidationError 413");
  EXPECT_EQ(told(make_error(ErrorKind::not_found, "x"), make_service("logs", wire::Protocol::json_1_1)),
            "ResourceNotFoundException 400");
}

TEST(Errors, AnOwnCodeWinsAndTakesItsShapesStatus) {
  auto service = make_service("some", wire::Protocol::json_1_1, shapes);
  EXPECT_EQ(told(aws_error(ErrorKind::unavailable, "ModelError", "x"), service), "ModelError 424");
  EXPECT_EQ(told(aws_error(ErrorKind::not_found, "NoSuchEntityException", "x"), service), "NoSuchEntity 404")
      << "the code on the wire";
  EXPECT_EQ(told(aws_error(ErrorKind::not_found, "NoSuchEntity", "x"), service), "NoSuchEntity 404");
}

TEST(Errors, CodesOfNoModelHaveTheProtocolsStatusElseTheirKinds) {
  auto service = make_service("some", wire::Protocol::json_1_1, shapes);
  EXPECT_EQ(told(aws_error(ErrorKind::validation, "SerializationException", "x"), service),
            "SerializationException 400");
  EXPECT_EQ(told(aws_error(ErrorKind::limit_exceeded, "RequestEntityTooLarge", "x"), service),
            "RequestEntityTooLarge 413");
  EXPECT_EQ(told(aws_error(ErrorKind::access_denied, "ExpiredToken", "x"), service), "ExpiredToken 403");
  EXPECT_EQ(told(aws_error(ErrorKind::unavailable, "SomethingElse", "x"), service), "SomethingElse 503");
}

TEST(Errors, OfAServiceThatSpokeQueryKeepBothNames) {
  constexpr wire::ErrorShape errors[] = {{"InternalServiceFault", "InternalServiceError", 500},
                                         {"InvalidParameterValueException", "InvalidParameterValue", 400},
                                         {"MissingRequiredParameterException", "MissingParameter", 400}};
  auto service = make_service("cloudwatch", wire::Protocol::rpc_v2_cbor, errors);
  service.query_compatible = true;
  auto both = [&](const Error& error, wire::Protocol protocol) {
    NamedError named = name_of(error, service, protocol);
    return fmt::format("{} {} {}", named.code, named.query_code, named.status);
  };
  for (auto protocol : {wire::Protocol::json_1_0, wire::Protocol::rpc_v2_cbor}) {
    EXPECT_EQ(both(validation("x"), protocol), "InvalidParameterValueException InvalidParameterValue 400");
    EXPECT_EQ(both(aws_error(ErrorKind::validation, "MissingRequiredParameterException", "x"), protocol),
              "MissingRequiredParameterException MissingParameter 400");
    EXPECT_EQ(both(aws_error(ErrorKind::validation, "InvalidParameterValue", "x"), protocol),
              "InvalidParameterValueException InvalidParameterValue 400");
    EXPECT_EQ(both(internal("x"), protocol), "InternalServiceFault InternalServiceError 500");
    EXPECT_EQ(both(make_error(ErrorKind::not_implemented, "x"), protocol), "UnknownOperationException InvalidAction 400");
    EXPECT_EQ(both(aws_error(ErrorKind::access_denied, "InvalidClientTokenId", "x"), protocol), "InvalidClientTokenId InvalidClientTokenId 403");
  }
  EXPECT_EQ(both(validation("x"), wire::Protocol::query), "InvalidParameterValue  400");
  EXPECT_EQ(both(internal("x"), wire::Protocol::query), "InternalServiceError  500");
  EXPECT_EQ(both(make_error(ErrorKind::not_implemented, "x"), wire::Protocol::query), "InvalidAction  400");
}

TEST(Errors, AMissingParameterHasANameOfItsOwnWhereTheModelHasIt) {
  wire::Violations violations;
  wire::Path list{nullptr, "MetricData", 0, {}}, first{&list, {}, 1, {}}, name{&first, "MetricName", 0, {}};
  violations.missing(name);
  auto plain = check(violations, make_service("some", wire::Protocol::json_1_1, shapes));
  EXPECT_EQ(plain.error().message,
            "1 validation error detected: Value null at 'metricData.1.member.metricName' failed to satisfy constraint: Member must not be null");
  constexpr wire::ErrorShape errors[] = {{"MissingRequiredParameterException", "MissingParameter", 400}};
  auto named = check(violations, make_service("cloudwatch", wire::Protocol::query, errors));
  EXPECT_EQ(named.error().code, "MissingRequiredParameterException");
  EXPECT_EQ(named.error().message, "The parameter MetricData.member.1.MetricName is required.");
  EXPECT_TRUE(check(wire::Violations{}, make_service("cloudwatch", wire::Protocol::query, errors)).ok());
}

TEST(Errors, EveryKindHasANameAndAnErrorsStatus) {
  for (auto protocol : {wire::Protocol::json_1_0, wire::Protocol::json_1_1, wire::Protocol::query,
                        wire::Protocol::rest_json, wire::Protocol::rest_xml}) {
    for (int kind = 0; kind <= static_cast<int>(ErrorKind::internal); ++kind) {
      NamedError named = name_of(make_error(static_cast<ErrorKind>(kind), "x"), make_service("some", protocol));
      EXPECT_FALSE(named.code.empty());
      EXPECT_GE(named.status, 400u);
    }
  }
}

}  // namespace
}  // namespace clary::services
