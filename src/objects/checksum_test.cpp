#include "objects/checksum.hpp"

#include <gtest/gtest.h>
#include <random>

#include "base/bytes.hpp"
#include "objects/crc.hpp"

namespace clary::objects {
namespace {

std::string noise(std::size_t size) {
  std::mt19937_64 random(size + 1);
  std::string data(size, '\0');
  for (char& c : data) c = static_cast<char>(random());
  return data;
}

std::string text_of(Algorithm algorithm, std::string_view data) {
  Checksum sum(algorithm);
  sum.update(data);
  return to_base64(sum.raw());
}

TEST(Crc, KnownVectors) {
  EXPECT_EQ(Crc::crc32().update(0, "123456789"), 0xCBF43926u);
  EXPECT_EQ(Crc::crc32c().update(0, "123456789"), 0xE3069283u);
  EXPECT_EQ(Crc::crc64nvme().update(0, "123456789"), 0xAE8B14860A799888u);
  EXPECT_EQ(Crc::crc32().update(0, ""), 0u);
  EXPECT_EQ(Crc::crc32c().update(0, std::string(32, '\0')), 0x8A9136AAu);  // RFC 3720, B.4
  EXPECT_EQ(Crc::crc64nvme().update(0, std::string(4096, '\0')), 0x6482D367EB22B64Eu);
}

TEST(Crc, FoldingEqualsTheTables) {
  if (!Crc::can_fold()) GTEST_SKIP() << "no PCLMULQDQ here";
  for (const Crc* crc : {&Crc::crc32(), &Crc::crc32c(), &Crc::crc64nvme()}) {
    for (std::size_t size : {64, 65, 79, 80, 127, 128, 129, 200, 255, 1000, 4096, 65537}) {
      const std::string data = noise(size);
      for (std::uint64_t state : {0x0ULL, 0xFFFFFFFFULL, 0x12345678ULL}) {
        EXPECT_EQ(crc->folded(state, data), crc->by_tables(state, data))
            << crc->bits() << " bits, " << size << " bytes";
      }
    }
  }
}

TEST(Crc, PiecesInARowEqualTheWhole) {
  const std::string data = noise(100000);
  for (const Crc* crc : {&Crc::crc32(), &Crc::crc32c(), &Crc::crc64nvme()}) {
    std::uint64_t running = 0;
    for (std::size_t at = 0, step = 1; at < data.size(); at += step, step = step * 3 % 997 + 1) {
      running = crc->update(running, std::string_view(data).substr(at, step));
    }
    EXPECT_EQ(running, crc->update(0, data));
    for (std::size_t cut : {std::size_t{0}, std::size_t{1}, std::size_t{777}, std::size_t{65536}, data.size()}) {
      auto first = crc->update(0, std::string_view(data).substr(0, cut));
      auto second = crc->update(0, std::string_view(data).substr(cut));
      EXPECT_EQ(crc->combine(first, second, data.size() - cut), crc->update(0, data)) << cut;
    }
  }
}

TEST(Checksum, KnownVectors) {
  EXPECT_EQ(text_of(Algorithm::crc32, "123456789"), "y/Q5Jg==");
  EXPECT_EQ(text_of(Algorithm::crc32c, "123456789"), "4waSgw==");
  EXPECT_EQ(text_of(Algorithm::crc64nvme, "123456789"), "rosUhgp5mIg=");
  EXPECT_EQ(to_hex(md5("abc")), "900150983cd24fb0d6963f7d28e17f72");
  Checksum sha1(Algorithm::sha1), sha256(Algorithm::sha256);
  sha1.update("abc");
  sha256.update("abc");
  EXPECT_EQ(to_hex(sha1.raw()), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(to_hex(sha256.raw()), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Checksum, NamesAreReadInEitherCase) {
  EXPECT_EQ(algorithm_named("crc64nvme"), Algorithm::crc64nvme);
  EXPECT_EQ(algorithm_named("SHA256"), Algorithm::sha256);
  EXPECT_EQ(algorithm_named("MD5"), std::nullopt);
  EXPECT_EQ(name_of(Algorithm::crc32c), "CRC32C");
}

TEST(Checksum, PartsCombine) {
  const std::string data = noise(30000);
  for (auto algorithm : {Algorithm::crc32, Algorithm::crc32c, Algorithm::crc64nvme}) {
    std::vector<PartSum> parts;
    Checksum composite(algorithm);
    for (std::size_t at = 0; at < data.size(); at += 7000) {
      std::string_view piece = std::string_view(data).substr(at, 7000);
      Checksum sum(algorithm);
      sum.update(piece);
      parts.push_back({sum.raw(), piece.size()});
      composite.update(parts.back().raw);
    }
    EXPECT_EQ(combine_full(algorithm, parts), text_of(algorithm, data));
    EXPECT_EQ(combine_composite(algorithm, parts), to_base64(composite.raw()) + "-5");
  }
}

}  // namespace
}  // namespace clary::objects
