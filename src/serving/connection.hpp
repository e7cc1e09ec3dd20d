// A connection from one loop to one worker; carries one call at a time and is kept for the next.
// Owned by its handlers while it carries a call, by the loop's pool while it is idle. Thread rule: the loop's thread.
// Invariant: an idle connection has nothing under way and nothing unread.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "models/answer_parser.hpp"
#include "serving/call.hpp"

namespace clary::serving {

class LoopClient;

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Socket =
      boost::asio::basic_stream_socket<boost::asio::local::stream_protocol, boost::asio::io_context::executor_type>;

  Connection(LoopClient& client, Socket socket, std::shared_ptr<ReplicaTarget> replica, std::size_t answer_limit);
  ~Connection();
  void carry(std::unique_ptr<Call> call);
  void time_out();  // the call's deadline has passed

  const ReplicaTarget& replica() const { return *replica_; }
  std::chrono::steady_clock::time_point idle_since{};

 private:
  void write_head();
  void send();
  void wait_to_send();
  void receive();
  void received(const boost::system::error_code& error, std::size_t size);
  void ended_early();
  void answered();
  void fail(Error error);
  std::unique_ptr<Call> release();
  void close();

  LoopClient& client_;
  Socket socket_;
  std::shared_ptr<ReplicaTarget> replica_;
  models::AnswerParser parser_;
  std::unique_ptr<Call> call_;
  std::string head_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t sent_ = 0;
  bool used_before_ = false, send_broken_ = false;
};

}  // namespace clary::serving
