#include "http/authority.hpp"

#include <algorithm>
#include <list>
#include <mutex>
#include <unordered_map>

#include "http/certificate.hpp"
#include "http/log.hpp"
#include "http/tls.hpp"
#include "io/file.hpp"

namespace clary::http {

namespace {

constexpr std::size_t most_names = 1000;
constexpr int leaf_days = 397;  // within what every TLS client accepts
constexpr int renew_days = 30;

bool is_host_name(std::string_view name) {
  if (name.empty() || name.size() > 253 || name.front() == '.' || name.back() == '.') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  });
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return text;
}

class OwnAuthority : public Authority {
 public:
  OwnAuthority(std::string pem, Certificate root, Key root_key, Key leaf_key, std::vector<std::string> permitted)
      : pem_(std::move(pem)),
        root_(std::move(root)),
        root_key_(std::move(root_key)),
        leaf_key_(std::move(leaf_key)),
        permitted_(std::move(permitted)) {}

  const std::string& certificate_pem() const override { return pem_; }

  std::shared_ptr<SSL_CTX> context_for(const std::string& asked) override {
    auto name = lower(asked);
    if (!permits(name)) return nullptr;
    std::lock_guard lock(mutex_);
    if (auto found = cache_.find(name); found != cache_.end()) {
      if (!ends_within(found->second->leaf, 1)) {
        recent_.splice(recent_.begin(), recent_, found->second);
        return found->second->context;
      }
      recent_.erase(found->second);
      cache_.erase(found);
    }
    auto made = make(name);
    if (!made) {
      log_.error("a certificate for {}: {}", name, made.error().detail);
      return nullptr;
    }
    if (recent_.size() >= most_names) {
      cache_.erase(recent_.back().name);
      recent_.pop_back();
    }
    recent_.push_front(*std::move(made));
    cache_[name] = recent_.begin();
    return recent_.front().context;
  }

 private:
  struct Entry {
    std::string name;
    Certificate leaf;
    std::shared_ptr<SSL_CTX> context;
  };

  bool permits(const std::string& name) const {
    bool address = is_address(name);
    if (!address && !is_host_name(name)) return false;
    return std::any_of(permitted_.begin(), permitted_.end(), [&](const std::string& suffix) {
      return name == suffix || (!address && !is_address(suffix) && name.ends_with("." + suffix));
    });
  }

  Outcome<Entry> make(const std::string& name) const {
    TRY(auto leaf, make_leaf(root_, root_key_, leaf_key_, name, leaf_days));
    auto context = make_server_context();
    if (!context || SSL_CTX_use_certificate(context.get(), leaf.get()) != 1 ||
        SSL_CTX_use_PrivateKey(context.get(), leaf_key_.get()) != 1) {
      return internal("TLS context for {}", name);
    }
    return Entry{name, leaf, context};
  }

  const std::string pem_;
  const Certificate root_;
  const Key root_key_;
  const Key leaf_key_;  // one for all names: it lives in memory only
  const std::vector<std::string> permitted_;
  std::mutex mutex_;
  std::list<Entry> recent_;  // the last asked for comes first
  std::unordered_map<std::string, std::list<Entry>::iterator> cache_;
};

struct Root {
  std::string pem;
  Certificate certificate;
  Key key;
};

Outcome<Root> read_root(const std::string& folder, const std::vector<std::string>& permitted) {
  TRY(auto key_pem, io::read_file(folder + "/ca.key", 64 * 1024));
  TRY(auto pem, io::read_file(folder + "/ca.pem", 64 * 1024));
  TRY(auto key, parse_key(key_pem));
  TRY(auto certificate, parse_certificate(pem));
  if (X509_check_private_key(certificate.get(), key.get()) != 1) return internal("ca.pem and ca.key do not match");
  if (ends_within(certificate, renew_days)) return internal("the certificate ends soon");
  if (!has_constraints(certificate, permitted)) return internal("the certificate is constrained to other names");
  return Root{pem, certificate, key};
}

Outcome<Root> write_root(const std::string& folder, const std::vector<std::string>& permitted) {
  CHECK_OK(io::make_folders(folder));
  TRY(auto key, make_key());
  TRY(auto certificate, make_root(key, permitted));
  TRY(auto key_pem, to_pem(key));
  TRY(auto pem, to_pem(certificate));
  CHECK_OK(io::write_durably(folder + "/ca.key", key_pem, 0600));
  CHECK_OK(io::write_durably(folder + "/ca.pem", pem, 0644));
  return Root{pem, certificate, key};
}

}  // namespace

Outcome<std::shared_ptr<Authority>> Authority::open(const std::string& folder,
                                                    const std::vector<std::string>& permitted) {
  std::vector<std::string> names;
  for (const auto& name : permitted) {
    names.push_back(lower(name));
    if (!is_address(names.back()) && !is_host_name(names.back())) {
      return validation("'{}' is neither a host name nor an address.", name);
    }
  }
  bool existed = io::exists(folder + "/ca.pem") || io::exists(folder + "/ca.key");
  auto root = read_root(folder, names);
  if (!root) {
    if (existed) log_.warn("the certificate authority in {} is made anew: {}", folder, root.error().detail);
    root = write_root(folder, names);
  }
  if (!root) return std::move(root).error();
  TRY(auto leaf_key, make_key());
  return std::shared_ptr<Authority>(
      std::make_shared<OwnAuthority>(root->pem, root->certificate, root->key, leaf_key, std::move(names)));
}

}  // namespace clary::http
