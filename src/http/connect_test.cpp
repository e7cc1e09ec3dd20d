#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <thread>

#include "http/egress.hpp"
#include "http/test_server.hpp"

namespace clary::http {
namespace {

using namespace std::chrono_literals;

std::shared_ptr<Authority> authority() {
  static TestFolder folder;
  static auto made = Authority::open(folder / "ca", {"amazonaws.com", "localhost", "127.0.0.1"});
  EXPECT_TRUE(made.ok());
  return *made;
}

// A TLS client on a connected socket; `ok` tells whether the handshake, with the certificate checked against our root,
// went well.
class TlsPeer {
 public:
  TlsPeer(TestPeer peer, const std::string& sni, const std::string& verified)
      : peer_(std::move(peer)), context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
    std::unique_ptr<BIO, decltype(&BIO_free)> pem(
        BIO_new_mem_buf(authority()->certificate_pem().data(), static_cast<int>(authority()->certificate_pem().size())),
        BIO_free);
    std::unique_ptr<X509, decltype(&X509_free)> root(PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr),
                                                     X509_free);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), root.get());
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    ssl_.reset(SSL_new(context_.get()));
    if (!sni.empty()) SSL_set_tlsext_host_name(ssl_.get(), sni.c_str());
    if (verified == "127.0.0.1") {
      X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), verified.c_str());
    } else {
      SSL_set1_host(ssl_.get(), verified.c_str());
    }
    SSL_set_fd(ssl_.get(), peer_.fd());
    ok = SSL_connect(ssl_.get()) == 1;
    ERR_clear_error();
  }
  std::string ask(const std::string& request) {
    SSL_write(ssl_.get(), request.data(), static_cast<int>(request.size()));
    char room[4096];
    std::string text;
    while (text.find("\r\n\r\n") == std::string::npos) {
      int got = SSL_read(ssl_.get(), room, sizeof(room));
      if (got <= 0) break;
      text.append(room, static_cast<std::size_t>(got));
    }
    return text;
  }
  bool ok = false;

 private:
  TestPeer peer_;
  std::shared_ptr<SSL_CTX> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, SSL_free};
};

ServerHooks hooks(ConnectDecision::Kind kind = ConnectDecision::Kind::tunnel) {
  auto hooks = blocking([](Request& request, BodyReader&) {
    return text(fmt::format("tls={} connect={} host={}", request.tls, request.connect_host, request.host()));
  });
  hooks.on_connect = [kind](const std::string&, std::uint16_t, const Request&) {
    return ConnectDecision{kind, 403, "no"};
  };
  return hooks;
}

std::string request_for(const std::string& host) {
  return "GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
}
std::string connect_to(const std::string& target) {
  return "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n\r\n";
}

TEST(Tls, IsToldByItsFirstByteOnTheSamePort) {
  TestServer server(hooks(), {}, authority());
  EXPECT_EQ(server.connect().ask(request_for("h"))->body, "tls=false connect= host=h");
  for (const auto& [sni, verified] : std::vector<std::pair<std::string, std::string>>{
           {"localhost", "localhost"}, {"b.s3.amazonaws.com", "b.s3.amazonaws.com"}, {"", "127.0.0.1"}}) {
    TlsPeer peer(server.connect(), sni, verified);
    ASSERT_TRUE(peer.ok) << sni;
    EXPECT_TRUE(peer.ask(request_for("h")).ends_with("tls=true connect= host=h")) << sni;
    EXPECT_TRUE(peer.ask(request_for("again")).ends_with("tls=true connect= host=again")) << sni;
  }
  EXPECT_TRUE(TlsPeer(TestPeer::to_unix(server.socket()), "", "localhost").ok);
}

TEST(Tls, NamesThatAreNotPermittedAreRefused) {
  TestServer server(hooks(), {}, authority());
  EXPECT_FALSE(TlsPeer(server.connect(), "example.com", "example.com").ok);
  TestServer without(hooks());
  EXPECT_FALSE(TlsPeer(without.connect(), "localhost", "localhost").ok);
}

TEST(Tls, BrokenAndSilentHandshakesEnd) {
  ServerOptions options;
  options.header_timeout = 50ms;
  TestServer server(hooks(), options, authority());
  auto silent = server.connect();
  ASSERT_TRUE(silent.write("\x16\x03\x01"));
  auto broken = server.connect();
  ASSERT_TRUE(broken.write("\x16" + std::string(100, 'x')));
  broken.read(100);
  EXPECT_TRUE(broken.ended());
  silent.read(100);
  EXPECT_TRUE(silent.ended());
}

TEST(Tls, CarriesFilesAndLargeBodies) {
  TestFolder folder;
  std::string content(500'000, 'f');
  ASSERT_TRUE(io::write_durably(folder / "file", content).ok());
  auto file = std::make_shared<io::File>(*io::File::open(folder / "file", O_RDONLY));
  auto hooks = blocking(
      [file](Request&, BodyReader& body) {
        auto whole = read_all(body, 1'000'000);
        Response response;
        response.headers.add("X-Got", std::to_string(whole.ok() ? whole->size() : 0));
        response.body = FileRange{file, 0, 500'000};
        response.close = true;
        return response;
      },
      false);
  TestServer server(hooks, {}, authority());
  TlsPeer peer(server.connect(), "localhost", "localhost");
  ASSERT_TRUE(peer.ok);
  auto answer = peer.ask("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 700000\r\n\r\n" + std::string(700'000, 'x'));
  EXPECT_NE(answer.find("X-Got: 700000"), std::string::npos);
  EXPECT_NE(answer.find("Content-Length: 500000"), std::string::npos);
  while (answer.size() < content.size()) {
    auto more = peer.ask("");
    if (more.empty()) break;
    answer += more;
  }
  EXPECT_TRUE(answer.ends_with(content.substr(0, 400'000)));
}

TEST(Connect, TerminatedRequestsMustBeForThatHost) {
  TestServer server(hooks(ConnectDecision::Kind::terminate), {}, authority());
  const std::string host = "sts.us-east-1.amazonaws.com";
  auto peer = server.connect();
  EXPECT_EQ(peer.ask(connect_to(host + ":443"), true)->status, 200U);
  TlsPeer tls(std::move(peer), host, host);
  ASSERT_TRUE(tls.ok);
  EXPECT_TRUE(tls.ask(request_for(host)).ends_with("tls=true connect=" + host + " host=" + host));
  EXPECT_TRUE(tls.ask(request_for(host + ":443")).ends_with("host=" + host + ":443"));
  EXPECT_TRUE(tls.ask(request_for("s3.amazonaws.com")).starts_with("HTTP/1.1 421 "));
}

TEST(Connect, TheNameInTheHandshakeMustBeTheConnects) {
  TestServer server(hooks(ConnectDecision::Kind::terminate), {}, authority());
  for (const char* sni : {"s3.amazonaws.com", ""}) {
    auto peer = server.connect();
    ASSERT_EQ(peer.ask(connect_to("sts.amazonaws.com:443"), true)->status, 200U);
    EXPECT_FALSE(TlsPeer(std::move(peer), sni, "sts.amazonaws.com").ok) << sni;
  }
  auto plain = server.connect();
  ASSERT_EQ(plain.ask(connect_to("sts.amazonaws.com:443"), true)->status, 200U);
  ASSERT_TRUE(plain.write(request_for("sts.amazonaws.com")));
  EXPECT_TRUE(plain.ended());
}

TEST(Connect, RefusalsAndBrokenTargets) {
  TestServer server(hooks(ConnectDecision::Kind::refuse), {}, authority());
  auto refused = server.connect().ask(connect_to("example.com:443"));
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 403U);
  EXPECT_EQ(refused->body, "no\n");
  for (const char* target :
       {"example.com", "example.com:", "example.com:0", "example.com:70000", ":443", "a:b:443", "[::1:443", "u@h:1"}) {
    auto answer = server.connect().ask(connect_to(target));
    ASSERT_TRUE(answer) << target;
    EXPECT_EQ(answer->status, 400U) << target;
  }
}

TEST(Connect, PeersFromOtherHostsAreRefused) {
  std::string own;
  for (const auto& address : own_addresses()) {
    if (address.find(':') == std::string::npos && !address.starts_with("127.")) own = address;
  }
  if (own.empty()) GTEST_SKIP() << "this host has no address but loopback";
  ServerOptions options;
  options.listen = {own + ":0"};
  TestServer server(hooks(ConnectDecision::Kind::terminate), options, authority());
  auto refused = TestPeer::to(server.address(1)).ask(connect_to("sts.amazonaws.com:443"));
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 403U);
  EXPECT_EQ(TestPeer::to_unix(server.socket()).ask(connect_to("sts.amazonaws.com:443"), true)->status, 200U);
}

TEST(Connect, ThisHostByAnyNameIsNotDialled) {
  TestServer server(hooks());
  auto port = server.address().substr(server.address().rfind(':'));
  for (const char* host : {"127.0.0.1", "127.1", "0.0.0.0", "0", "0x7f000001", "2130706433", "localhost", "[::1]",
                           "[::ffff:127.0.0.1]", "[::]", "169.254.169.254", "224.0.0.1"}) {
    auto answer = server.connect().ask(connect_to(host + port));
    ASSERT_TRUE(answer) << host;
    EXPECT_EQ(answer->status, 403U) << host << ": " << answer->body;
  }
  auto resolving = hooks();
  resolving.resolve = [](const std::string&) -> Outcome<std::vector<std::string>> {
    return std::vector<std::string>{"127.0.0.1"};
  };
  TestServer other(resolving);
  auto answer = other.connect().ask(connect_to("a.localhost" + port));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 403U) << answer->body;
}

// Accepts one connection on an address of its own and echoes in upper case until its peer ends.
class Upcase {
 public:
  explicit Upcase(const char* address, std::string greeting = {})
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    inet_pton(AF_INET, address, &at.sin_addr);
    socklen_t size = sizeof(at);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&at), size), 0);
    EXPECT_EQ(::listen(fd_, 8), 0);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
    port = ntohs(at.sin_port);
    thread_ = std::thread([this, greeting] {
      int client = ::accept(fd_, nullptr, nullptr);
      if (client < 0) return;
      TestPeer peer(client);
      if (!greeting.empty()) {
        seen = peer.answer_head();
        peer.write(greeting);
      }
      while (true) {
        auto letter = peer.read(1);
        if (letter.empty()) break;
        peer.write(std::string(1, static_cast<char>(std::toupper(letter[0]))));
      }
      peer.write("!end");
    });
  }
  ~Upcase() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }
  std::uint16_t port = 0;
  std::string seen;

 private:
  int fd_;
  std::thread thread_;
};

TEST(Connect, ANameIsResolvedOnceAndThatAddressDialled) {
  Upcase target("127.0.0.2");
  std::atomic<int> asked{0};
  auto rebinding = hooks();
  rebinding.resolve = [&](const std::string& host) -> Outcome<std::vector<std::string>> {
    EXPECT_EQ(host, "rebinds.example");
    return std::vector<std::string>{asked++ == 0 ? "127.0.0.2" : "127.0.0.1"};
  };
  ServerOptions options;
  options.tunnel_exempt = {"127.0.0.2"};
  TestServer server(rebinding, options);
  auto peer = server.connect();
  EXPECT_EQ(peer.ask(connect_to(fmt::format("rebinds.example:{}", target.port)), true)->status, 200U);
  EXPECT_EQ(asked, 1);
  ASSERT_TRUE(peer.write("hello"));
  EXPECT_EQ(peer.read(5), "HELLO");
  peer.end_writing();
  EXPECT_EQ(peer.read(4), "!end");
  EXPECT_TRUE(peer.ended());
  EXPECT_EQ(server.connect().ask(connect_to("rebinds.example:80"))->status, 403U);
}

TEST(Connect, AllAddressesOfANameMustBeAllowed) {
  auto mixed = hooks();
  mixed.resolve = [](const std::string&) -> Outcome<std::vector<std::string>> {
    return std::vector<std::string>{"192.0.2.1", "::ffff:127.0.0.1"};
  };
  TestServer server(mixed);
  EXPECT_EQ(server.connect().ask(connect_to("mixed.example:80"))->status, 403U);
}

TEST(Connect, UnknownNamesAndClosedPortsAreTold) {
  std::uint16_t closed = 0;
  {
    Upcase gone("127.0.0.2");
    closed = gone.port;
  }
  auto failing = hooks();
  failing.resolve = [](const std::string& host) -> Outcome<std::vector<std::string>> {
    return make_error(ErrorKind::not_found, "no such host {}", host);
  };
  ServerOptions options;
  options.tunnel_exempt = {"127.0.0.2"};
  TestServer server(failing, options);
  auto unknown = server.connect().ask(connect_to("nowhere.example:80"));
  ASSERT_TRUE(unknown);
  EXPECT_EQ(unknown->status, 502U);
  EXPECT_EQ(unknown->body, "no such host nowhere.example\n");
  EXPECT_EQ(server.connect().ask(connect_to(fmt::format("127.0.0.2:{}", closed)))->status, 502U);
}

TEST(Connect, GoesThroughTheUpstreamProxyButNotToThisHost) {
  Upcase proxy("127.0.0.1", "HTTP/1.1 200 OK\r\n\r\nearly");
  ServerOptions options;
  options.upstream_proxy = fmt::format("http://u:p@127.0.0.1:{}", proxy.port);
  auto never = hooks();
  never.resolve = [](const std::string& host) -> Outcome<std::vector<std::string>> {
    ADD_FAILURE() << host << " was resolved here";
    return std::vector<std::string>{};
  };
  TestServer server(never, options);
  for (const char* target : {"127.1:80", "localhost:80", "[::1]:80", "169.254.169.254:80"}) {
    EXPECT_EQ(server.connect().ask(connect_to(target))->status, 403U) << target;
  }
  auto peer = server.connect();
  EXPECT_EQ(peer.ask(connect_to("far.example:443"), true)->status, 200U);
  EXPECT_EQ(peer.read(5), "early");
  ASSERT_TRUE(peer.write("x"));
  EXPECT_EQ(peer.read(1), "X");
  EXPECT_EQ(proxy.seen,
            "CONNECT far.example:443 HTTP/1.1\r\nHost: far.example:443\r\nProxy-Authorization: Basic dTpw\r\n\r\n");
}

TEST(Connect, TheUpstreamProxysRefusalIsPassedOn) {
  Upcase proxy("127.0.0.1", "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
  ServerOptions options;
  options.upstream_proxy = fmt::format("127.0.0.1:{}", proxy.port);
  TestServer server(hooks(), options);
  auto answer = server.connect().ask(connect_to("far.example:443"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 502U);
  EXPECT_NE(answer->body.find("407 Proxy Authentication Required"), std::string::npos);
}

TEST(Connect, TunnelsAreBoundedInNumberAndIdleTime) {
  Upcase first("127.0.0.2");
  Upcase second("127.0.0.2");
  ServerOptions options;
  options.tunnel_exempt = {"127.0.0.2"};
  options.max_tunnels = 1;
  options.tunnel_idle_timeout = 2s;
  TestServer server(hooks(), options);
  auto held = server.connect();
  ASSERT_EQ(held.ask(connect_to(fmt::format("127.0.0.2:{}", first.port)), true)->status, 200U);
  EXPECT_EQ(server.connect().ask(connect_to(fmt::format("127.0.0.2:{}", second.port)))->status, 503U);
  EXPECT_TRUE(held.ended());
  auto next = server.connect();
  EXPECT_EQ(next.ask(connect_to(fmt::format("127.0.0.2:{}", second.port)), true)->status, 200U);
}

TEST(Connect, StopEndsTunnelsAtOnce) {
  Upcase target("127.0.0.2");
  ServerOptions options;
  options.tunnel_exempt = {"127.0.0.2"};
  TestServer server(hooks(), options);
  auto peer = server.connect();
  ASSERT_EQ(peer.ask(connect_to(fmt::format("127.0.0.2:{}", target.port)), true)->status, 200U);
  ASSERT_TRUE(peer.write("x"));
  EXPECT_EQ(peer.read(1), "X");
  auto began = std::chrono::steady_clock::now();
  server.server().stop(20s);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
  EXPECT_TRUE(peer.ended());
}

}  // namespace
}  // namespace clary::http
