#include "wire/cbor.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "api/cloudwatch.hpp"

namespace clary::wire {
namespace {

namespace cloudwatch = clary::api::cloudwatch;

std::string from_hex_text(std::string_view text) {
  std::string hex;
  for (char c : text) {
    if (c != ' ') hex += c;
  }
  auto bytes = from_hex(hex);
  EXPECT_TRUE(bytes) << text;
  return bytes.value_or("");
}

std::string text(std::string_view content) {
  std::string out;
  write_cbor_text(content, out);
  return out;
}

// {"Dimensions": [], "MetricName": "m", <more>}
std::string datum(std::string_view name, std::string_view hex) {
  std::string out;
  write_cbor_map(3, out);
  return out + text("Dimensions") + "\x80" + text("MetricName") + text("m") + text(name) + from_hex_text(hex);
}

Outcome<cloudwatch::MetricDatum> read(std::string_view document) {
  cloudwatch::MetricDatum made;
  Violations violations;
  CHECK_OK(read_cbor(cloudwatch::MetricDatum_shape, &made, document, violations));
  CHECK_OK(violations.result());
  return made;
}

double value(std::string_view hex) {
  auto made = read(datum("Value", hex));
  EXPECT_TRUE(made.ok()) << hex << ": " << (made.ok() ? "" : made.error().message);
  return made.ok() ? made->Value.value_or(-12345) : -54321;
}

std::string fault(std::string_view document) {
  auto made = read(document);
  if (made.ok()) return "none";
  EXPECT_EQ(made.error().code, "SerializationException");
  return made.error().message;
}

// The examples of RFC 8949, appendix A.
TEST(Cbor, ReadsNumbersOfEverySize) {
  EXPECT_EQ(value("00"), 0);
  EXPECT_EQ(value("17"), 23);
  EXPECT_EQ(value("1818"), 24);
  EXPECT_EQ(value("1903e8"), 1000);
  EXPECT_EQ(value("1a000f4240"), 1'000'000);
  EXPECT_EQ(value("1b000000e8d4a51000"), 1e12);
  EXPECT_EQ(value("1bffffffffffffffff"), 18446744073709551615.0);
  EXPECT_EQ(value("20"), -1);
  EXPECT_EQ(value("3903e7"), -1000);
  EXPECT_EQ(value("3bffffffffffffffff"), -18446744073709551616.0);
  EXPECT_EQ(value("f90000"), 0);
  EXPECT_TRUE(std::signbit(value("f98000")));
  EXPECT_EQ(value("f93c00"), 1);
  EXPECT_EQ(value("f93e00"), 1.5);
  EXPECT_EQ(value("f97bff"), 65504);
  EXPECT_EQ(value("f90001"), 5.960464477539063e-8);
  EXPECT_EQ(value("f90400"), 0.00006103515625);
  EXPECT_EQ(value("f9c400"), -4);
  EXPECT_EQ(value("fa47c35000"), 100000);
  EXPECT_EQ(value("fa7f7fffff"), 3.4028234663852886e+38);
  EXPECT_EQ(value("fb3ff199999999999a"), 1.1);
  EXPECT_EQ(value("fb7e37e43c8800759c"), 1.0e+300);
  EXPECT_EQ(value("f97c00"), HUGE_VAL);
  EXPECT_EQ(value("fbfff0000000000000"), -HUGE_VAL);
  EXPECT_TRUE(std::isnan(value("f97e00")));
}

TEST(Cbor, ReadsIntegersAndRefusesWhatAreNone) {
  EXPECT_EQ(read(datum("StorageResolution", "183c"))->StorageResolution, 60);
  EXPECT_EQ(read(datum("StorageResolution", "38ff"))->StorageResolution, -256);
  EXPECT_EQ(read(datum("StorageResolution", "fb404e000000000000"))->StorageResolution, 60) << "a float that is whole";
  EXPECT_EQ(read(datum("StorageResolution", "3b7fffffffffffffff"))->StorageResolution, INT64_MIN);
  EXPECT_EQ(fault(datum("StorageResolution", "f93e00")), "A float can not be converted to an Integer");
  EXPECT_EQ(fault(datum("StorageResolution", "f97e00")), "A float can not be converted to an Integer");
  EXPECT_EQ(fault(datum("StorageResolution", "1b8000000000000000")), "the number is out of range");
  EXPECT_EQ(fault(datum("StorageResolution", "f5")), "A boolean can not be converted to an Integer");
}

TEST(Cbor, ReadsTimestampsOfTagOne) {
  EXPECT_EQ(read(datum("Timestamp", "c11a514b67b0"))->Timestamp, Time{1363896240LL * 1'000'000});
  EXPECT_EQ(read(datum("Timestamp", "c1fb41d452d9ec200000"))->Timestamp, Time{1363896240'500'000LL});
  EXPECT_EQ(read(datum("Timestamp", "c120"))->Timestamp, Time{-1'000'000});
  EXPECT_EQ(fault(datum("Timestamp", "1a514b67b0")), "An integer can not be converted to a Timestamp");
  EXPECT_EQ(fault(datum("Timestamp", "c01a514b67b0")), "A tagged value can not be converted to a Timestamp");
  EXPECT_EQ(fault(datum("Timestamp", "c16161")), "A text string can not be converted to a Timestamp");
  EXPECT_EQ(fault(datum("Timestamp", "c1f97e00")), "the timestamp is out of range");
}

TEST(Cbor, ReadsLengthsDefiniteOrNot) {
  auto in = read(datum("Values", "9f 01 f93e00 1903e8 ff"));
  ASSERT_TRUE(in.ok());
  EXPECT_EQ(in->Values, (std::vector<double>{1, 1.5, 1000}));
  EXPECT_EQ(read(datum("Values", "80"))->Values, std::vector<double>{});
  EXPECT_EQ(read(datum("Values", "9fff"))->Values, std::vector<double>{});
  EXPECT_EQ(read(datum("Unit", "7f 62 5365 60 65 636f6e6473 ff"))->Unit, "Seconds");
  const std::string map = "\xbf" + text("MetricName") + text("m") + text("StatisticValues") + "\xbf" + text("SampleCount") + "\x01" + text("Sum") + "\x02" +
                          text("Minimum") + "\x02" + text("Maximum") + "\x02" + "\xff\xff";
  auto nested = read(map);
  ASSERT_TRUE(nested.ok()) << nested.error().message;
  EXPECT_EQ(nested->StatisticValues->Sum, 2);
}

TEST(Cbor, PassesOverUnknownMembersAndNulls) {
  for (std::string_view hex : {"a1 6161 82 01 f6", "9f 9f a1 6162 c2 41 ff ff ff", "5f 41 00 ff", "f7", "d818 43 000102", "fb3ff199999999999a"}) {
    auto in = read(datum("Unknown", hex));
    ASSERT_TRUE(in.ok()) << hex << in.error().message;
    EXPECT_EQ(in->MetricName, "m");
  }
  EXPECT_FALSE(read(datum("Unit", "f6"))->Unit);
  EXPECT_FALSE(read(datum("Unit", "f7"))->Unit);
  EXPECT_EQ(read(datum("Values", "83 01 f6 02"))->Values, (std::vector<double>{1, 2}));
}

TEST(Cbor, TellsWhatIsMissing) {
  cloudwatch::PutMetricDataInput in;
  Violations violations;
  std::string document;
  write_cbor_map(1, document);
  document += text("MetricData") + from_hex_text("82 a0 a0");
  ASSERT_TRUE(read_cbor(cloudwatch::PutMetricDataInput_shape, &in, document, violations).ok());
  EXPECT_EQ(violations.first_missing(), "MetricData.member.1.MetricName");
  Violations of_empty;
  ASSERT_TRUE(read_cbor(cloudwatch::PutMetricDataInput_shape, &in, "", of_empty).ok());
  EXPECT_EQ(of_empty.first_missing(), "Namespace");
}

TEST(Cbor, RefusesWhatIsBroken) {
  const std::string invalid = "The request body is not valid CBOR: ";
  const std::string good = datum("Value", "01");
  for (std::size_t size = 1; size < good.size(); ++size) EXPECT_EQ(fault(good.substr(0, size)), invalid + "it ends early") << size;
  EXPECT_EQ(fault(good + "x"), invalid + "there are bytes behind the document");
  EXPECT_EQ(fault(datum("Value", "fc")), invalid + "byte 0xfc begins nothing");
  EXPECT_EQ(fault(datum("Value", "1c")), invalid + "byte 0x1c begins nothing");
  EXPECT_EQ(fault(datum("Value", "1f")), invalid + "only strings, arrays and maps may be of indefinite length");
  EXPECT_EQ(fault(datum("Value", "f0")), invalid + "the simple value 16 has no meaning here");
  EXPECT_EQ(fault(datum("Value", "f818")), invalid + "the simple value 24 has no meaning here");
  EXPECT_EQ(fault(datum("Unit", "62c328")), invalid + "a text string is not UTF-8");
  EXPECT_EQ(fault(datum("Unit", "7f 41 61 ff")), invalid + "a string's chunk is no string of definite length");
  EXPECT_EQ(fault(datum("Unit", "7f 7f 61 61 ff ff")), invalid + "a string's chunk is no string of definite length");
  EXPECT_EQ(fault(datum("MetricName", "616d")), invalid + "a map has a key twice");
  EXPECT_EQ(fault(from_hex_text("a1 01 02")), invalid + "a map's key is no text string");
  EXPECT_EQ(fault(from_hex_text("80")), "An array can not be converted to an Object");
  std::string deep;
  for (int i = 0; i < 70; ++i) deep += "81";
  EXPECT_EQ(fault(datum("Unknown", deep + "00")), invalid + "it is nested deeper than 64");
}

TEST(Cbor, BelievesNoLengthBeforeItsBytesAreThere) {
  EXPECT_EQ(fault(datum("Values", "9b7fffffffffffffff 01")), "The request body is not valid CBOR: it ends early");
  EXPECT_EQ(fault(datum("Unit", "7bffffffffffffffff 61")), "The request body is not valid CBOR: it ends early");
  std::string many;
  write_cbor_map(1, many);
  many += text("MetricData") + "\x9f" + std::string(most_structures + 1, '\xa0') + "\xff";
  cloudwatch::PutMetricDataInput in;
  Violations violations;
  auto read = read_cbor(cloudwatch::PutMetricDataInput_shape, &in, many, violations);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().message, "The request body has more than 200000 objects");
}

TEST(Cbor, WritesWhatItReads) {
  cloudwatch::GetMetricStatisticsOutput out;
  out.Label = std::string(300, 'L');
  out.Datapoints.emplace();
  for (double number : {0.0, -1.5, 1e300, 5e-324})
    out.Datapoints->push_back({.Timestamp = Time{1'795'553'146'250'000}, .Average = number, .Unit = "Count", .ExtendedStatistics = {{{"p50", number}}}});
  out.Datapoints->push_back({.Timestamp = Time{-60'000'000}});
  std::string document;
  write_cbor(cloudwatch::GetMetricStatisticsOutput_shape, &out, document);
  cloudwatch::GetMetricStatisticsOutput back;
  Violations violations;
  ASSERT_TRUE(read_cbor(cloudwatch::GetMetricStatisticsOutput_shape, &back, document, violations).ok());
  EXPECT_EQ(back.Label, out.Label);
  ASSERT_EQ(back.Datapoints->size(), out.Datapoints->size());
  for (std::size_t i = 0; i < back.Datapoints->size(); ++i) {
    const auto &was = (*out.Datapoints)[i], &is = (*back.Datapoints)[i];
    EXPECT_EQ(is.Timestamp, was.Timestamp);
    EXPECT_EQ(is.Average, was.Average);
    EXPECT_EQ(is.Unit, was.Unit);
    EXPECT_EQ(is.ExtendedStatistics, was.ExtendedStatistics);
  }
  EXPECT_EQ(to_hex(document.substr(0, 10)), "a2654c6162656c79012c");
}

}  // namespace
}  // namespace clary::wire
