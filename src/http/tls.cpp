#include "http/tls.hpp"

#include <arpa/inet.h>
#include <cstring>

#include "http/certificate.hpp"
#include "http/message.hpp"

namespace clary::http {

namespace {

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned in_size,
                    void*) {
  static constexpr unsigned char ours[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, ours, sizeof(ours) - 1, in, in_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

int choose_certificate(SSL* ssl, int* alert, void*) {
  *alert = SSL_AD_UNRECOGNIZED_NAME;
  auto* name = static_cast<TlsName*>(SSL_get_app_data(ssl));
  if (!name) return SSL_TLSEXT_ERR_ALERT_FATAL;
  const char* asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (!name->required.empty()) {
    // An address cannot be asked for in the handshake, so there the CONNECT's word is all there is.
    bool agreed = asked ? equal_ignoring_case(asked, name->required) : is_address(name->required);
    if (!agreed) return SSL_TLSEXT_ERR_ALERT_FATAL;
    name->chosen = name->required;
  } else {
    name->chosen = asked ? asked : name->local;
  }
  auto context = name->authority->context_for(name->chosen);
  if (!context && !asked && name->required.empty()) context = name->authority->context_for("localhost");
  if (!context || !SSL_set_SSL_CTX(ssl, context.get())) return SSL_TLSEXT_ERR_ALERT_FATAL;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

std::shared_ptr<SSL_CTX> make_server_context() {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!context) return nullptr;
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  return context;
}

TlsContext::TlsContext() : context_(make_server_context()) {
  if (context_) SSL_CTX_set_tlsext_servername_callback(context_.get(), choose_certificate);
}

SSL* TlsContext::make(TlsName& name) const {
  if (!context_) return nullptr;
  SSL* ssl = SSL_new(context_.get());
  if (ssl) SSL_set_app_data(ssl, &name);
  return ssl;
}

void TlsContext::forget(SSL* ssl) const {
  SSL_set_app_data(ssl, nullptr);
}

}  // namespace clary::http
