#include "jobs/training_inputs.hpp"

#include <numeric>
#include <set>
#include <sys/stat.h>

#include "jobs/channel_share.hpp"
#include "jobs/fastfile.hpp"
#include "jobs/manifest.hpp"
#include "jobs/test_objects.hpp"

namespace clary::jobs {
namespace {

std::string path_of(std::string_view prefix, std::string_view key) {
  auto path = path_in_channel(prefix, key);
  if (!path) return "error: " + path.error().message;
  return path->value_or("(folder)");
}

TEST(PathInChannel, AsAwsLaysThemOut) {
  EXPECT_EQ(path_of("pre/fix", "pre/fix/a/b.csv"), "a/b.csv");
  EXPECT_EQ(path_of("pre/fix/", "pre/fix/a/b.csv"), "a/b.csv");
  EXPECT_EQ(path_of("pre/fix/a/b.csv", "pre/fix/a/b.csv"), "b.csv");
  EXPECT_EQ(path_of("pre/fi", "pre/fix/a.csv"), "fix/a.csv");
  EXPECT_EQ(path_of("train", "train.csv"), "train.csv");
  EXPECT_EQ(path_of("", "a/b"), "a/b");
  EXPECT_EQ(path_of("pre", "pre/"), "(folder)");
  EXPECT_EQ(path_of("pre", "pre//b"), "b");
  EXPECT_EQ(path_of("", "/etc/passwd"), "etc/passwd");
  EXPECT_TRUE(path_of("pre", "pre/../../x").starts_with("error:"));
  EXPECT_TRUE(path_of("", "../x").starts_with("error:"));
  EXPECT_EQ(path_of("pre/", "pre/größe"), "größe");
}

TEST(Manifest, Reads) {
  auto manifest = parse_manifest(R"([{"prefix": "s3://b/some/"}, "x/1.csv", "2.csv"])");
  ASSERT_TRUE(manifest);
  EXPECT_EQ(manifest->prefix.key, "some/");
  EXPECT_EQ(manifest->names, (std::vector<std::string>{"x/1.csv", "2.csv"}));
}

TEST(Manifest, NamesTwiceCountOnce) {
  auto manifest = parse_manifest(R"([{"prefix":"s3://b/"}, "a", "b", "a", "\u00e4", "ä"])");
  ASSERT_TRUE(manifest);
  EXPECT_EQ(manifest->names, (std::vector<std::string>{"a", "b", "ä"}));
}

TEST(Manifest, TooManyEntriesAreRefusedWithoutKeepingThem) {
  std::string text = R"([{"prefix":"s3://b/"})";
  for (std::size_t i = 0; i <= most_manifest_entries; ++i) text += ",\"a\"";
  auto manifest = parse_manifest(text + "]");
  ASSERT_FALSE(manifest);
  EXPECT_NE(manifest.error().message.find("more than 1000000 entries"), std::string::npos);
  EXPECT_FALSE(parse_manifest(std::string(longest_manifest + 1, ' ')));
  std::string lines;
  for (std::size_t i = 0; i < most_manifest_entries; ++i) lines += "x\n\n";
  EXPECT_TRUE(manifest_lines(lines));
  EXPECT_FALSE(manifest_lines(lines + "x"));
}

TEST(Manifest, RefusesWithAReason) {
  for (const char* bad :
       {"", "{}", "[]", "[1]", R"([{"prefix":5}])", R"([{"prefix":"http://x"}])", R"([{"prefix":"s3://"}])",
        R"([{"prefix":"s3://b/"}, 5])", R"([{"prefix":"s3://b/"}, "../x"])", R"([{"prefix":"s3://b/"}, "/x"])",
        R"([{"prefix":"s3://b/"}, ""])", R"([{"prefix":"s3://b/"}, ["x"]])"}) {
    EXPECT_FALSE(parse_manifest(bad)) << bad;
  }
  EXPECT_FALSE(parse_manifest(std::string(200000, '[')));
}

class Inputs : public ObjectGround {
 protected:
  Outcome<void> fetch(Channel channel) {
    channel.name = "train";
    fs::remove_all(folder());
    fs::create_directories(folder());
    return fetch_channel(intake, channel, folder());
  }
  std::string failure(Channel channel) {
    auto done = fetch(std::move(channel));
    return done ? "fetched" : done.error().message;
  }
  fs::path folder() { return base / "channel"; }
  std::string text(const std::string& name) { return text_of(folder() / name); }
  static Channel prefix(const std::string& uri) {
    Channel channel;
    channel.s3_uri = uri;
    return channel;
  }
  // The names of the files that a host of several gets.
  std::set<std::string> share(Channel channel, std::size_t host, std::size_t hosts) {
    intake.host = host;
    intake.hosts = hosts;
    auto done = fetch(channel);
    EXPECT_TRUE(done) << done.error().message;
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(folder())) {
      if (entry.is_regular_file()) names.insert(fs::relative(entry.path(), folder()));
    }
    return names;
  }
  Intake intake{*objects, scope, "arn:aws:iam::000000000000:role/R", std::nullopt, 1 << 20};
};

TEST_F(Inputs, APrefixGivesItsTree) {
  put("data/train/a.csv", "a");
  put("data/train/deep/b.csv", "b");
  put("data/train/", "");
  put("data/train/deep/", "");
  ASSERT_TRUE(fetch(prefix("s3://bkt/data/train")));
  EXPECT_EQ(text("a.csv"), "a");
  EXPECT_EQ(text("deep/b.csv"), "b");
  ASSERT_TRUE(fetch(prefix("s3://bkt/data/train/deep/b.csv")));
  EXPECT_EQ(text("b.csv"), "b");
}

TEST_F(Inputs, MoreThanAPageOfObjects) {
  for (int i = 0; i < 7; ++i) put("many/" + std::to_string(i), std::to_string(i));
  intake.page = 3;
  ASSERT_TRUE(fetch(prefix("s3://bkt/many/")));
  for (int i = 0; i < 7; ++i) EXPECT_EQ(text(std::to_string(i)), std::to_string(i));
}

TEST_F(Inputs, NothingThereIsSaidInAwssWords) {
  const std::string said = failure(prefix("s3://bkt/none"));
  EXPECT_EQ(said,
            "Data download failed: No S3 objects found under S3 URL \"s3://bkt/none\" given in input data source. "
            "Please ensure that "
            "the bucket exists in the selected region (us-east-1), that objects exist under that S3 prefix, and that "
            "the role "
            "\"arn:aws:iam::000000000000:role/R\" has \"s3:ListBucket\" permissions on bucket \"bkt\".");
  EXPECT_NE(failure(prefix("s3://nobucket/x")).find("No S3 objects found"), std::string::npos);
  EXPECT_NE(failure(prefix("s3://foreign/x")).find("No S3 objects found"), std::string::npos);
  EXPECT_NE(failure(prefix("https://x")).find("not an S3 URI"), std::string::npos);
}

TEST_F(Inputs, KeysThatLeadOutAreRefused) {
  put("evil/../../x", "x");
  EXPECT_NE(failure(prefix("s3://bkt/evil")).find("\"..\" is not allowed"), std::string::npos);
  put("odd/a", "x");
  put("odd/a/b", "x");
  EXPECT_NE(failure(prefix("s3://bkt/odd")).find("both a file and a folder"), std::string::npos);
  put("long/" + std::string(1000, 'k'), "x");
  EXPECT_NE(failure(prefix("s3://bkt/long")).find("longer than 255 bytes"), std::string::npos);
}

TEST_F(Inputs, ManifestsNameTheirFiles) {
  put("set/x/1.csv", "1");
  put("set/2.csv", "2");
  put("m.json", R"([{"prefix":"s3://bkt/set/"},"x/1.csv","2.csv"])");
  Channel channel = prefix("s3://bkt/m.json");
  channel.s3_data_type = "ManifestFile";
  ASSERT_TRUE(fetch(channel));
  EXPECT_EQ(text("x/1.csv"), "1");
  EXPECT_EQ(text("2.csv"), "2");

  put("m.json", R"([{"prefix":"s3://bkt/set/"},"missing"])");
  EXPECT_NE(failure(channel).find("Unable to download object s3://bkt/set/missing (NoSuchKey"), std::string::npos);
  put("m.json", R"([{"prefix":"s3://foreign/set/"},"x"])");
  EXPECT_NE(failure(channel).find("another account"), std::string::npos);
  put("m.json", "[]");
  EXPECT_NE(failure(channel).find("Manifest file \"s3://bkt/m.json\" is not valid"), std::string::npos);
  channel.s3_uri = "s3://bkt/nope.json";
  EXPECT_NE(failure(channel).find("NoSuchKey"), std::string::npos);
}

TEST_F(Inputs, TheVolumeIsABound) {
  put("big/1", std::string(700'000, 'x'));
  put("big/2", std::string(700'000, 'x'));
  EXPECT_NE(failure(prefix("s3://bkt/big")).find("VolumeSizeInGB"), std::string::npos);
}

TEST_F(Inputs, WhatIsNotServedIsNamed) {
  put("d/1", "x");
  Channel channel = prefix("s3://bkt/d");
  channel.input_mode = "Pipe";
  EXPECT_NE(failure(channel).find("Pipe"), std::string::npos);
  channel.input_mode = "File";
  channel.s3_data_type = "Converse";
  EXPECT_NE(failure(channel).find("Converse"), std::string::npos);
}

TEST_F(Inputs, CanBeGivenUp) {
  put("d/1", "x");
  intake.cancelled = [] { return true; };
  auto done = fetch(prefix("s3://bkt/d"));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::timed_out);
}

TEST_F(Inputs, CompressionAndRecordWrapperAreForPipeModeAlone) {
  put("z/data.csv.gz", "\x1f\x8b whatever");
  Channel channel = prefix("s3://bkt/z");
  channel.compression = "Gzip";
  channel.record_wrapper = "RecordIO";
  ASSERT_TRUE(fetch(channel));
  EXPECT_EQ(text("data.csv.gz"), "\x1f\x8b whatever");
  ASSERT_EQ(intake.notes.size(), 2u);
  EXPECT_NE(intake.notes[0].find("CompressionType Gzip"), std::string::npos);
  EXPECT_NE(intake.notes[1].find("RecordWrapperType RecordIO"), std::string::npos);
}

TEST_F(Inputs, AShardOfEachHost) {
  std::set<std::string> all;
  for (int i = 0; i < 10; ++i) {
    put("s/part-" + std::to_string(i), "x");
    all.insert("part-" + std::to_string(i));
  }
  put("s/", "");
  Channel channel = prefix("s3://bkt/s/");
  EXPECT_EQ(share(channel, 1, 3), all);  // FullyReplicated
  channel.distribution = "ShardedByS3Key";
  EXPECT_EQ(share(channel, 0, 3), (std::set<std::string>{"part-0", "part-3", "part-6", "part-9"}));
  EXPECT_EQ(share(channel, 1, 3), (std::set<std::string>{"part-1", "part-4", "part-7"}));
  EXPECT_EQ(share(channel, 2, 3), (std::set<std::string>{"part-2", "part-5", "part-8"}));
  intake.page = 2;
  EXPECT_EQ(share(channel, 1, 3), (std::set<std::string>{"part-1", "part-4", "part-7"}));
  EXPECT_TRUE(share(channel, 11, 12).empty());  // more hosts than objects
  channel.s3_uri = "s3://bkt/m.json";
  channel.s3_data_type = "ManifestFile";
  put("m.json", R"([{"prefix":"s3://bkt/s/"},"part-5","part-2","part-9"])");
  EXPECT_EQ(share(channel, 0, 2), (std::set<std::string>{"part-5", "part-9"}));
  EXPECT_EQ(share(channel, 1, 2), (std::set<std::string>{"part-2"}));
}

TEST(ChannelShare, DealsWithoutGapOrOverlapAndASeedDealsAnew) {
  std::vector<std::vector<std::size_t>> by_seed;
  for (const std::int64_t seed : {1, 2}) {
    std::vector<ChannelShare> shares;
    for (std::size_t host = 0; host < 3; ++host) shares.emplace_back(true, host, 3, seed);
    std::vector<std::size_t> taker;
    std::vector<int> counts(3);
    for (int i = 0; i < 100; ++i) {
      int takers = 0;
      for (std::size_t host = 0; host < 3; ++host) {
        if (!shares[host].takes_next()) continue;
        ++takers;
        ++counts[host];
        taker.push_back(host);
      }
      EXPECT_EQ(takers, 1) << i;
    }
    EXPECT_GE(*std::min_element(counts.begin(), counts.end()), 33);
    by_seed.push_back(taker);
  }
  EXPECT_NE(by_seed[0], by_seed[1]);
}

TEST_F(Inputs, AugmentedManifests) {
  put("img/cat.jpg", "cat");
  put("img/dog.jpg", "dog");
  put("m/train.manifest", R"({"author":"x","source-ref":"s3://bkt/img/cat.jpg","label":1})"
                          "\r\n\n"
                          R"({"label":{"deep":[1]},"source-ref":"s3://bkt/img/dog.jpg"})"
                          "\n"
                          R"({"label":3,"source-ref":"s3://bkt/img/dog.jpg"})");
  Channel channel = prefix("s3://bkt/m/train.manifest");
  channel.s3_data_type = "AugmentedManifestFile";
  EXPECT_NE(failure(channel).find("AttributeNames"), std::string::npos);
  channel.attribute_names = {"source-ref", "label"};
  ASSERT_TRUE(fetch(channel));
  EXPECT_EQ(text("img/cat.jpg"), "cat");
  EXPECT_EQ(text("img/dog.jpg"), "dog");
  EXPECT_EQ(text("train.manifest"), R"({"source-ref":"s3://bkt/img/cat.jpg","label":1})"
                                    "\n"
                                    R"({"source-ref":"s3://bkt/img/dog.jpg","label":{"deep":[1]}})"
                                    "\n"
                                    R"({"source-ref":"s3://bkt/img/dog.jpg","label":3})"
                                    "\n");
  channel.distribution = "ShardedByS3Key";
  EXPECT_EQ(share(channel, 1, 3), (std::set<std::string>{"img/dog.jpg", "train.manifest"}));
  EXPECT_EQ(share(channel, 0, 3), (std::set<std::string>{"img/cat.jpg", "train.manifest"}));
  channel.input_mode = "FastFile";
  EXPECT_NE(failure(channel).find("not supported in the input mode FastFile"), std::string::npos);
}

TEST_F(Inputs, AugmentedManifestsThatAreWrong) {
  Channel channel = prefix("s3://bkt/m.manifest");
  channel.s3_data_type = "AugmentedManifestFile";
  channel.attribute_names = {"a-ref"};
  const auto said = [&](const std::string& line) {
    put("m.manifest", "{\"a-ref\":\"s3://bkt/ok\"}\n" + line);
    return failure(channel);
  };
  put("ok", "");
  EXPECT_EQ(said(""), "fetched");
  EXPECT_NE(said("{\"b\":1}").find("record 2: it lacks the attribute \"a-ref\""), std::string::npos);
  EXPECT_NE(said("[1]").find("record 2: it is not a JSON object"), std::string::npos);
  EXPECT_NE(said("{\"a-ref\":7}").find("is not a string"), std::string::npos);
  EXPECT_NE(said("{\"a-ref\":\"http://x/y\"}").find("not an S3 URI"), std::string::npos);
  EXPECT_NE(said("{\"a-ref\":\"s3://bkt/../../etc/x\"}").find("\"..\" is not allowed"), std::string::npos);
  EXPECT_NE(said("{\"a-ref\":\"s3://bkt/folder/\"}").find("names no object"), std::string::npos);
  EXPECT_NE(said("{\"a-ref\":\"s3://foreign/x\"}").find("another account"), std::string::npos);
  EXPECT_NE(said("{\"a-ref\":\"s3://bkt/none\"}").find("s3://bkt/none (NoSuchKey"), std::string::npos);
}

TEST(AugmentedManifest, SeedsShuffleItsLines) {
  std::vector<int> one(50), two(50);
  std::iota(one.begin(), one.end(), 0);
  std::iota(two.begin(), two.end(), 0);
  const std::vector<int> before = one;
  shuffle(one, mixed(1));
  shuffle(two, mixed(1));
  EXPECT_EQ(one, two);
  EXPECT_NE(one, before);
  std::sort(one.begin(), one.end());
  EXPECT_EQ(one, before);
}

TEST_F(Inputs, AllThatAreMissingAreNamed) {
  put("set/here", "x");
  std::string manifest = R"([{"prefix":"s3://bkt/set/"},"gone-1","here","gone-2")";
  put("m.json", manifest + "]");
  Channel channel = prefix("s3://bkt/m.json");
  channel.s3_data_type = "ManifestFile";
  EXPECT_NE(failure(channel).find("Unable to download objects s3://bkt/set/gone-1, s3://bkt/set/gone-2 (NoSuchKey"),
            std::string::npos);
  for (int i = 0; i < 5000; ++i) manifest += fmt::format(",\"other-{}\"", i);
  put("m.json", manifest + "]");
  const std::string said = failure(channel);
  EXPECT_NE(said.find("NoSuchKey"), std::string::npos);
  EXPECT_LT(said.size(), 1000u);
}

TEST_F(Inputs, OddKeys) {
  put("odd/größe/日本.txt", "u");
  put("odd/with space/a+b&c=d.txt", "s");
  put("odd/empty", "");
  put("odd/folder/", "a marker with bytes");
  put("odd/./x", "dot");
  ASSERT_TRUE(fetch(prefix("s3://bkt/odd")));
  EXPECT_EQ(text("größe/日本.txt"), "u");
  EXPECT_EQ(text("with space/a+b&c=d.txt"), "s");
  EXPECT_TRUE(fs::exists(folder() / "empty"));
  EXPECT_FALSE(fs::exists(folder() / "folder"));
  EXPECT_EQ(text("x"), "dot");
  put("odd/x", "the same file");
  EXPECT_NE(failure(prefix("s3://bkt/odd")).find("two objects come to the same file \"x\""), std::string::npos);
}

TEST_F(Inputs, ManyFilesByManyHands) {
  intake.room = 1 << 30;
  const std::string big(100'000, 'b');
  for (int i = 0; i < 1500; ++i) put(fmt::format("many/{}/{:04}", i % 7, i), i % 50 == 0 ? big : std::to_string(i));
  ASSERT_TRUE(fetch(prefix("s3://bkt/many")));
  for (int i = 0; i < 1500; ++i)
    ASSERT_EQ(text(fmt::format("{}/{:04}", i % 7, i)), i % 50 == 0 ? big : std::to_string(i)) << i;
  // Counted in whole blocks, as the disk does.
  EXPECT_EQ(intake.room, (1u << 30) - 1470u * 4096 - 30u * 102400);
  intake.room = 1000 * 4096;
  EXPECT_NE(failure(prefix("s3://bkt/many")).find("VolumeSizeInGB"), std::string::npos);
}

TEST_F(Inputs, AnObjectThatGoesDuringTheCopyIsNamed) {
  for (int i = 0; i < 40; ++i) put(fmt::format("g/{:02}", i), "x");
  int asked = 0;
  std::mutex mutex;
  intake.page = 40;
  intake.cancelled = [&] {
    std::lock_guard lock(mutex);
    if (++asked == 1) erase("g/39");  // the first key was listed, and so was the last
    return false;
  };
  EXPECT_NE(failure(prefix("s3://bkt/g")).find("s3://bkt/g/39 (NoSuchKey"), std::string::npos);
}

class FastFile : public Inputs {
 protected:
  FastFile() { intake.lazy_folder = base / "worker/fastfile"; }
  Channel channel_of(const std::string& uri) {
    Channel channel = prefix(uri);
    channel.name = "train";
    channel.input_mode = "FastFile";
    return channel;
  }
  std::string lazy(const std::string& name) { return text_of(fs::path(intake.lazy_folder) / "train" / name); }
};

TEST_F(FastFile, FilesAreTheObjectsOwnBytes) {
  const std::string big(200'000, 'b');
  put("d/big", big);
  put("d/sub/small", "s");
  intake.room = 0;  // nothing is copied
  const Channel channel = channel_of("s3://bkt/d");
  ASSERT_TRUE(fetch(channel));
  EXPECT_TRUE(fs::is_empty(folder()));
  EXPECT_EQ(lazy("big"), big);
  EXPECT_EQ(lazy("sub/small"), "s");
  struct stat info {};
  ASSERT_EQ(::stat((fs::path(intake.lazy_folder) / "train/big").c_str(), &info), 0);
  EXPECT_EQ(info.st_nlink, 2u);
  if (::geteuid() == 0) {
    EXPECT_EQ(info.st_mode & 0777, 0644u);
  }
  EXPECT_TRUE(intake.notes.empty());

  const auto mounts = fastfile_mounts({channel, prefix("s3://bkt/d")}, base / "worker/ml");
  ASSERT_EQ(mounts.size(), 1u);
  EXPECT_EQ(mounts[0].source, intake.lazy_folder + "/train");
  EXPECT_EQ(mounts[0].target, "/opt/ml/input/data/train");
  EXPECT_FALSE(mounts[0].writable);

  // The version that was there when it started.
  put("d/big", "new");
  EXPECT_EQ(lazy("big"), big);
  erase("d/big");
  EXPECT_EQ(lazy("big"), big);
}

TEST_F(FastFile, WhereItCannotBeItIsCopiedAndSaid) {
  put("d/big", std::string(200'000, 'b'));
  intake.lazy_folder.clear();
  ASSERT_TRUE(fetch(channel_of("s3://bkt/d")));
  EXPECT_EQ(text("big").size(), 200'000u);
  ASSERT_EQ(intake.notes.size(), 1u);
  EXPECT_NE(intake.notes[0].find("as in File mode"), std::string::npos);
  EXPECT_TRUE(fastfile_mounts({channel_of("s3://bkt/d")}, base / "worker/ml").empty());

  // Another file system.
  char other[] = "/tmp/fastfile-test-XXXXXX";
  ASSERT_NE(::mkdtemp(other), nullptr);
  struct stat here {
  }, there{};
  ASSERT_EQ(::stat(base.c_str(), &here) + ::stat(other, &there), 0);
  if (here.st_dev != there.st_dev) {
    intake.notes.clear();
    intake.lazy_folder = std::string(other) + "/fastfile";
    ASSERT_TRUE(fetch(channel_of("s3://bkt/d")));
    EXPECT_EQ(lazy("big").size(), 200'000u);
    ASSERT_EQ(intake.notes.size(), 1u);
    EXPECT_NE(intake.notes[0].find("copied, as in File mode"), std::string::npos);
  }
  fs::remove_all(other);
}

TEST_F(FastFile, HostileKeysStayInside) {
  put("e/../../x", std::string(50'000, 'x'));
  EXPECT_NE(failure(channel_of("s3://bkt/e")).find("\"..\" is not allowed"), std::string::npos);
  put("c/a", std::string(50'000, 'x'));
  put("c/a/b", std::string(50'000, 'x'));
  EXPECT_NE(failure(channel_of("s3://bkt/c")).find("both a file and a folder"), std::string::npos);
}

TEST_F(Inputs, SourceCode) {
  TrainingSpec spec;
  EXPECT_FALSE(source_uri(spec));
  spec.hyperparameters["sagemaker_submit_directory"] = "\"s3://bkt/src/sourcedir.tar.gz\"";
  EXPECT_EQ(source_uri(spec), "s3://bkt/src/sourcedir.tar.gz");
  spec.hyperparameters["sagemaker_submit_directory"] = "s3://bkt/src/sourcedir.tar.gz";
  EXPECT_EQ(source_uri(spec), "s3://bkt/src/sourcedir.tar.gz");
  spec.hyperparameters["sagemaker_submit_directory"] = "/opt/ml/code";
  EXPECT_FALSE(source_uri(spec));

  fs::create_directories(folder());
  put("src/sourcedir.tar.gz", tar_gz({{"train.py", "print(1)"}, {"lib/x.py", ""}}));
  ASSERT_TRUE(fetch_source(intake, "s3://bkt/src/sourcedir.tar.gz", folder()));
  EXPECT_EQ(text("train.py"), "print(1)");
  auto missing = fetch_source(intake, "s3://bkt/src/none.tar.gz", folder());
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("s3://bkt/src/none.tar.gz"), std::string::npos);
  put("src/bad.tar.gz", "no archive");
  EXPECT_FALSE(fetch_source(intake, "s3://bkt/src/bad.tar.gz", folder()));
}

}  // namespace
}  // namespace clary::jobs
