// What the tests of this module stand on: the fakes of fake_parts.hpp, real stores in memory and in a temporary folder, an event loop
// that is one of the server's. Tests only. Owned by the test. Thread rule: the test's own thread. Invariant: nothing outlives the test.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <deque>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <future>
#include <gtest/gtest.h>
#include <map>
#include <mutex>
#include <set>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

#include "http/this_loop.hpp"
#include "io/archive.hpp"
#include "meta/data_points.hpp"
#include "serving/endpoints.hpp"
#include "serving/fake_parts.hpp"
#include "models/model_worker.hpp"

namespace clary::serving {

// An event loop as the HTTP server runs them.
class TestLoop {
 public:
  TestLoop()
      : work_(context.get_executor()), thread_([this] {
          http::set_this_loop(&context);
          context.run();
        }) {}
  ~TestLoop() {
    work_.reset();
    context.stop();
    thread_.join();
  }
  boost::asio::io_context context{1};

 private:
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

class Ground : public ::testing::Test {
 protected:
  static constexpr const char* image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/fake-model:1.0-cpu-py3";

  Ground() {
    char made[] = "/tmp/serving-test-XXXXXX";
    if (::mkdtemp(made) == nullptr) std::abort();
    base = made;
    std::vector<meta::Migration> migrations;
    for (const auto* list :
         {&meta::record_migrations, &meta::log_migrations, &meta::data_point_migrations, &objects::object_migrations, &serving_migrations})
      migrations.insert(migrations.end(), list->begin(), list->end());
    store = *meta::Store::open({}, migrations);
    logs = std::make_unique<meta::LogStore>(store, clock);
    objects::ObjectsOptions options;
    options.folder = objects_folder();
    options.sweep_in_background = false;
    objects = *objects::open_objects(store, clock, options);
    EXPECT_TRUE(objects->create_bucket("bkt", scope));
    put("model.tar.gz", tar_gz({{"model.bin", "weights"}}));
    make_catalogue();
    launcher = std::make_unique<FakeLauncher>(base / ("workers-" + std::string(120, 'w')));  // longer than sun_path
  }
  ~Ground() override {
    endpoints.reset();
    loop.reset();
    launcher.reset();
    objects.reset();
    fs::remove_all(base);
  }

  // One for all tests: to make its many folders takes longer than a test. What they keep is small and lies in each test's own index.
  static fs::path objects_folder() {
    struct Folder {
      Folder() {
        char made[] = "/tmp/serving-objects-XXXXXX";
        if (::mkdtemp(made) == nullptr) std::abort();
        path = made;
      }
      ~Folder() { fs::remove_all(path); }
      fs::path path;
    };
    static Folder folder;
    return folder.path;
  }

  void make_catalogue() {
    fs::create_directories(base / "runtimes/fake");
    std::ofstream(base / "runtimes/fake/fake.txt") << "";
    std::ofstream(base / "runtimes/fake/runtime.toml") << R"(
[runtime]
name = "fake"
framework_module = "generic"
[[image]]
repositories = ["fake-model"]
accounts = ["*"]
[[version]]
tag = "1.0"
library = "fake 1.0"
source = "a test"
python = "3.11"
requirements = "fake.txt"
fidelity = "exact"
reason = ""
)";
    auto opened = runtimes::Catalogue::open({base / "runtimes"});
    ASSERT_TRUE(opened) << opened.error().message << opened.error().detail;
    catalogue = *std::move(opened);
  }

  // A new server over the same stores and workers.
  void start_server() {
    endpoints.reset();
    ServingParts parts{
        store,        *logs,
        *objects,     *launcher,
        slots,        *catalogue,
        environments, [](const Scope&, const std::string&, const std::string&) { return workers::Surroundings{}; },
        clock,        "/runtime"};
    parts.invocation_timeout = timeout;
    parts.models_folder = base / "endpoints";
    parts.answer_limit = 8 << 20;
    parts.most_in_flight = most_in_flight;
    endpoints = std::make_unique<Endpoints>(std::move(parts));
    auto resumed = endpoints->resume();
    ASSERT_TRUE(resumed) << resumed.error().detail;
  }

  VariantSpec variant(std::string start = "", std::int64_t count = 1) {
    VariantSpec spec;
    spec.name = "AllTraffic";
    spec.model_name = "m";
    spec.role_arn = "arn:aws:iam::000000000000:role/r";
    spec.container = {image, "s3://bkt/model.tar.gz", {{"FAKE_START", std::move(start)}}};
    spec.instance_type = "ml.m4.xlarge";
    spec.initial_count = count;
    return spec;
  }
  Endpoint create(const std::string& name, const std::vector<VariantSpec>& variants) {
    auto made = endpoints->create(scope, name, name + "-config", variants, "{}", {});
    EXPECT_TRUE(made) << made.error().message;
    return made ? *made : Endpoint{};
  }
  // Waits for the end of the change under way.
  Endpoint settled(const Endpoint& endpoint) {
    std::promise<void> promise;
    auto watch = endpoints->when_settled(endpoint.id, [&] { promise.set_value(); });
    EXPECT_EQ(promise.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready)
        << endpoint.name << " did not settle";
    auto found = endpoints->find(scope, endpoint.name);
    return found && *found ? **found : Endpoint{};
  }
  // As soon as it is stored: looks without a pause.
  void wait_for_status(const Endpoint& endpoint, std::string_view status) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    for (std::string seen; seen != status;) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << endpoint.name << " is " << seen;
      auto found = endpoints->find(scope, endpoint.name);
      if (found && *found) seen = (*found)->status;
    }
  }
  Endpoint deploy(const std::string& name, const std::vector<VariantSpec>& variants) {
    return settled(create(name, variants));
  }

  using Answered = Outcome<InvocationAnswer>;
  std::future<Answered> begin(const std::string& endpoint, std::string body, std::string target = "",
                              TestLoop* where = nullptr) {
    auto promise = std::make_shared<std::promise<Answered>>();
    Invocation invocation;
    invocation.scope = scope;
    invocation.endpoint = endpoint;
    invocation.content_type = "text/csv";
    invocation.accept = "application/json";
    invocation.custom_attributes = "trace=1";
    invocation.target_variant = std::move(target);
    invocation.body = std::move(body);
    boost::asio::post((where ? where : loop.get())->context, [this, promise,
                                                              invocation = std::move(invocation)]() mutable {
      endpoints->invoke(std::move(invocation), [promise](Answered answer) { promise->set_value(std::move(answer)); });
    });
    return promise->get_future();
  }
  Answered invoke(const std::string& endpoint, std::string body, std::string target = "") {
    auto answer = begin(endpoint, std::move(body), std::move(target));
    if (answer.wait_for(std::chrono::seconds(20)) != std::future_status::ready) {
      ADD_FAILURE() << "no answer";
      return internal("no answer");
    }
    return answer.get();
  }
  // Asks again until `wanted` holds; for states that come about on other threads and that nothing tells of.
  static bool eventually(const std::function<bool()>& wanted) {
    for (auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
         std::chrono::steady_clock::now() < end;) {
      if (wanted()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return false;
  }

  void put(const std::string& key, const std::string& data) {
    objects::Object object;
    object.key = key;
    auto writer = objects->create("bkt", object);
    ASSERT_TRUE(writer) << writer.error().message;
    ASSERT_TRUE((*writer)->write(data));
    ASSERT_TRUE((*writer)->commit());
  }
  std::string tar_gz(const std::map<std::string, std::string>& files) {
    auto folder = base / "packing";
    for (const auto& [name, text] : files) {
      fs::create_directories((folder / name).parent_path());
      std::ofstream(folder / name) << text;
    }
    std::string data;
    EXPECT_TRUE(io::pack_tar_gz(folder, [&](std::string_view more) -> Outcome<void> {
      data += more;
      return {};
    }));
    fs::remove_all(folder);
    return data;
  }
  std::vector<std::string> log_of(const std::string& endpoint) {
    std::vector<std::string> lines;
    auto page = logs->filter(scope, "/aws/sagemaker/Endpoints/" + endpoint, {}, [](std::string_view) { return true; });
    if (page)
      for (const auto& found : page->events) lines.push_back(found.event.message);
    return lines;
  }

  fs::path base;
  Scope scope{"000000000000", "us-east-1"};
  SystemClock clock;
  std::shared_ptr<meta::Store> store;
  std::unique_ptr<meta::LogStore> logs;
  std::shared_ptr<objects::Objects> objects;
  std::optional<runtimes::Catalogue> catalogue;
  workers::Slots slots{workers::host_share()};
  FakeEnvironments environments;
  std::unique_ptr<FakeLauncher> launcher;
  std::chrono::milliseconds timeout{10000};
  std::int64_t most_in_flight = 1024;
  std::unique_ptr<Endpoints> endpoints;
  std::unique_ptr<TestLoop> loop = std::make_unique<TestLoop>();
};

}  // namespace clary::serving
