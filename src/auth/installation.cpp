#include <algorithm>
#include <boost/json.hpp>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/identity.hpp"
#include "base/bytes.hpp"
#include "base/rng.hpp"
#include "io/file.hpp"

namespace clary::auth {

namespace json = boost::json;

namespace {

constexpr std::string_view key_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::size_t file_limit = 16 * 1024;

bool is_account(std::string_view text) {
  return text.size() == 12 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Error unusable(std::string why, const std::string& path) {
  return Error{ErrorKind::internal, std::move(why), fmt::format("in {}", path), {}, {}};
}

// Keys that another user can read or replace prove nothing any more: better not to start than to go on quietly.
Outcome<void> check_private(int fd, const std::string& path, std::string_view what, unsigned mode) {
  struct stat info {};
  if (fstat(fd, &info) != 0) return io::system_error("fstat", path, errno);
  if (info.st_uid != geteuid() && info.st_uid != 0)
    return unusable(fmt::format("The installation's {} belongs to another user (uid {}).", what, info.st_uid), path);
  if ((info.st_mode & 077) != 0)
    return unusable(fmt::format("The installation's {} is open to other users (mode {:04o}): set its mode to {:04o}.",
                                what, info.st_mode & 07777, mode),
                    path);
  return {};
}

Outcome<std::string> read_private(const std::string& path) {
  TRY(io::File file, io::File::open(path, O_RDONLY | O_NOFOLLOW));
  CHECK_OK(check_private(file.fd(), path, "key file", 0600));
  std::string text(file_limit + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    TRY(std::size_t got, file.read(text.data() + size, text.size() - size));
    if (got == 0) break;
    size += got;
  }
  text.resize(size);
  return text;
}

Outcome<Installation> parse(const std::string& text, const std::string& path) {
  const Error damaged = unusable("The installation's key file is damaged: restore it from a copy.", path);
  boost::system::error_code code;
  json::value document = json::parse(text, code);
  if (text.size() > file_limit || code || !document.is_object()) return damaged;
  auto member = [&](std::string_view name) -> std::string {
    const json::value* value = document.as_object().if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
  };
  Installation installation{member("account"), member("access_key"), member("secret_key"), {}, member("role_arn")};
  auto master_key = from_base64(member("master_key"));
  if (!master_key || master_key->size() != 32 || !is_account(installation.account) ||
      installation.access_key.size() != 20 || !installation.access_key.starts_with("AKIA") ||
      installation.secret_key.size() != 40 ||
      !installation.role_arn.starts_with("arn:aws:iam::" + installation.account + ":role/"))
    return damaged;
  installation.master_key = *std::move(master_key);
  return installation;
}

std::string to_text(const Installation& installation) {
  return json::serialize(json::object{{"account", installation.account},
                                      {"access_key", installation.access_key},
                                      {"secret_key", installation.secret_key},
                                      {"master_key", to_base64(installation.master_key)},
                                      {"role_arn", installation.role_arn}}) +
         "\n";
}

}  // namespace

std::string random_key_id(std::string_view prefix) {
  std::string id(prefix);
  for (unsigned char byte : random_bytes(16)) id += key_alphabet[byte % key_alphabet.size()];
  return id;
}

Outcome<Installation> open_installation(const std::string& folder, const std::string& account) {
  CHECK_OK(io::make_folders(folder, 0700));
  TRY(io::File opened, io::File::open(folder, O_RDONLY | O_DIRECTORY));
  CHECK_OK(check_private(opened.fd(), folder, "key folder", 0700));
  const std::string path = folder + "/installation.json";
  auto text = read_private(path);
  if (text) return parse(*text, path);
  if (text.error().kind != ErrorKind::not_found) return std::move(text).error();

  if (!is_account(account)) return validation("'{}' is not an account: it takes 12 digits", account);
  Installation fresh{account, random_key_id("AKIA"), random_alphanumeric(40), random_bytes(32),
                     fmt::format("arn:aws:iam::{}:role/service-role/ClarySageMakerRole", account)};
  CHECK_OK(io::write_durably(path, to_text(fresh), 0600));
  return fresh;
}

}  // namespace clary::auth
