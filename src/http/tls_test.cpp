#include "http/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <thread>

#include "base/process.h"
#include "http/certificates_for_test.h"
#include "http/client.h"
#include "http/raw_connection.h"
#include "http/server.h"
#include "http/tls_context.h"

namespace keelrow::http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class Tls : public testing::Test {
 protected:
  Tls() {
    Write(folder_.path(), "ca", ca_);
    Write(folder_.path(), "server",
          Certify({.name = "server", .alternative = "DNS:localhost,IP:127.0.0.1"}, &ca_));
    Write(folder_.path(), "client", Certify({.name = "worker-7"}, &ca_));
    Write(folder_.path(), "stranger", stranger_);
  }

  std::filesystem::path File(const std::string& name) const { return folder_.path() / name; }

  TlsServerOptions Plain() const {
    return {.certificate = File("server.pem"), .key = File("server.key"), .reload_every = 5ms};
  }
  TlsServerOptions Mutual() const {
    TlsServerOptions options = Plain();
    options.client_ca = File("ca.pem");
    return options;
  }

  Server& Serve(TlsServerOptions tls) {
    const auto who = [](const Request& request) {
      return Response::Text(request.client_name + "|" + request.body);
    };
    server_ = std::make_unique<Server>(
        ServerOptions{.io_threads = 2, .limits = {.header_timeout = 200ms}, .tls = std::move(tls)},
        Router({{.method = "POST", .pattern = "/", .handler = Sync(who)},
                {.method = "GET",
                 .pattern = "/work",
                 .handler = Sync(who),
                 .run_on = RunOn::kWorkers}}));
    server_->Start();
    return *server_;
  }

  ClientOptions Trusting(TlsClientOptions tls = {}) const {
    if (tls.ca.empty()) tls.ca = File("ca.pem");
    return {.port = server_->Port(), .timeout = 10s, .tls = std::move(tls)};
  }

  /// What the client says when it is turned away, or turns away.
  std::string Failure(ClientOptions options) const {
    try {
      Client(std::move(options)).Post("/", "x");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::kIo);
      return error.message();
    }
    return "none";
  }

  /// What curl prints, answers and its own errors alike.
  std::string Curl(std::vector<std::string> arguments) const {
    std::vector<std::string> command = {"/usr/bin/curl", "-sS", "--max-time", "20"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    command.push_back("https://localhost:" + std::to_string(server_->Port()) + "/work");
    std::string output;
    Process curl({.arguments = command, .log = File("curl.log")});
    const ExitStatus status = curl.Wait([&](const std::string& line) { output += line + "\n"; });
    return status.ok() ? output : ReadFile(File("curl.log"));
  }

  TemporaryFolder folder_;
  const Certified ca_ = Certify({.name = "test authority", .authority = true});
  const Certified stranger_ = Certify({.name = "another authority", .authority = true});
  std::unique_ptr<Server> server_;
};

TEST_F(Tls, AnswersAsWithoutIt) {
  Serve(Plain());
  Client client(Trusting());
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(client.Post("/", std::to_string(i)).body, "|" + std::to_string(i));
  const std::string large(9 << 20, 'x');
  EXPECT_EQ(client.Post("/", large).body, "|" + large);
  EXPECT_EQ(client.Get("/work").body, "|");
  EXPECT_EQ(server_->Load().connections, 1u);
  EXPECT_TRUE(server_->Stop(5s));
}

TEST_F(Tls, CurlIsAtHome) {
  Serve(Mutual());
  const std::string ca = File("ca.pem"), certificate = File("client.pem"), key = File("client.key");
  EXPECT_EQ(Curl({"--cacert", ca, "--cert", certificate, "--key", key}), "CN=worker-7|\n");
  EXPECT_EQ(Curl({"--cacert", ca, "--cert", certificate, "--key", key, "--tls-max", "1.2"}),
            "CN=worker-7|\n");
  EXPECT_EQ(Curl({"--cacert", ca, "--cert", certificate, "--key", key, "--http1.1", "-w",
                  "%{http_version} %{ssl_verify_result}"}),
            "CN=worker-7|1.1 0\n");
  // Over HTTP/2 curl may say no more than that the connection is gone.
  EXPECT_THAT(Curl({"--cacert", ca, "--http1.1"}), HasSubstr("certificate required"));
  EXPECT_THAT(Curl({"--cert", certificate, "--key", key, "--cacert", File("stranger.pem")}),
              HasSubstr("SSL certificate problem"));
}

TEST_F(Tls, AServerThatCannotProveItselfIsNotSpokenTo) {
  Serve(Plain());
  EXPECT_THAT(Failure(Trusting({.ca = File("stranger.pem")})),
              HasSubstr("unable to get local issuer certificate"));
  EXPECT_THAT(Failure(Trusting({.server_name = "other.example"})), HasSubstr("verify failed"));
  EXPECT_EQ(Failure(Trusting({.server_name = "localhost"})), "none");
  const Certified old =
      Certify({.name = "server", .alternative = "IP:127.0.0.1", .seconds_until_end = -3600}, &ca_);
  Write(folder_.path(), "server", old);
  Serve(Plain());
  EXPECT_THAT(Failure(Trusting()), HasSubstr("certificate has expired"));
}

TEST_F(Tls, AClientThatCannotProveItselfGetsNoAnswer) {
  Serve(Mutual());
  const auto with = [&](const std::string& name) {
    return Trusting({.certificate = File(name + ".pem"), .key = File(name + ".key")});
  };
  EXPECT_EQ(Client(with("client")).Post("/", "x").body, "CN=worker-7|x");
  // In TLS 1.3 the client has done its part before the server looks: it hears of it on reading.
  EXPECT_NE(Failure(Trusting()), "none");
  EXPECT_NE(Failure(with("stranger")), "none");
  Write(folder_.path(), "late", Certify({.name = "late", .seconds_until_end = -3600}, &ca_));
  EXPECT_NE(Failure(with("late")), "none");
  Write(folder_.path(), "signed", Certify({.name = "worker-7"}, &stranger_));
  EXPECT_NE(Failure(with("signed")), "none");
}

/// Why OpenSSL's own client, told to speak one version only, is turned away; empty if it is not.
std::string RefusalOf(uint16_t port, int version, const char* ciphers) {
  SSL_CTX* context = ::SSL_CTX_new(::TLS_client_method());
  ::SSL_CTX_set_min_proto_version(context, version);
  ::SSL_CTX_set_max_proto_version(context, version);
  ::SSL_CTX_set_cipher_list(context, ciphers);
  BIO* connection = ::BIO_new_ssl_connect(context);
  ::BIO_set_conn_hostname(connection, ("127.0.0.1:" + std::to_string(port)).c_str());
  ::ERR_clear_error();
  const bool agreed = ::BIO_do_connect(connection) == 1 && ::BIO_do_handshake(connection) == 1;
  std::string reason;
  for (unsigned long code = ::ERR_get_error(); code != 0; code = ::ERR_get_error()) {
    reason += ::ERR_reason_error_string(code);
  }
  ::BIO_free_all(connection);
  ::SSL_CTX_free(context);
  return agreed ? "" : reason;
}

TEST_F(Tls, OldVersionsAndWeakCiphersAreRefused) {
  const uint16_t port = Serve(Plain()).Port();
  EXPECT_THAT(RefusalOf(port, TLS1_1_VERSION, "ALL:@SECLEVEL=0"), HasSubstr("protocol version"));
  EXPECT_THAT(RefusalOf(port, TLS1_VERSION, "ALL:@SECLEVEL=0"), HasSubstr("protocol version"));
  EXPECT_THAT(RefusalOf(port, TLS1_2_VERSION, "AES128-SHA:@SECLEVEL=0"),
              HasSubstr("handshake failure"));
  EXPECT_THAT(RefusalOf(port, TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"),
              HasSubstr("handshake failure"));
  EXPECT_EQ(RefusalOf(port, TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256"), "");
  EXPECT_EQ(RefusalOf(port, TLS1_3_VERSION, "DEFAULT"), "");
}

TEST_F(Tls, NewFilesServeNewConnections) {
  Serve(Plain());
  Client kept(Trusting());
  EXPECT_EQ(kept.Post("/", "old").body, "|old");
  Write(folder_.path(), "server",
        Certify({.name = "renewed", .alternative = "DNS:renewed.example"}, &ca_));
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (Failure(Trusting({.server_name = "renewed.example"})) != "none") {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    std::this_thread::yield();
  }
  EXPECT_EQ(kept.Post("/", "still").body, "|still");
}

TEST(TlsContexts, KeepTheOldCertificateWhileTheNewOneIsHalfThere) {
  const TemporaryFolder folder;
  const Certified first = Certify({.name = "first"}), second = Certify({.name = "second"});
  Write(folder.path(), "server", first);
  TlsContexts contexts(
      {.certificate = folder.path() / "server.pem", .key = folder.path() / "server.key"});
  EXPECT_FALSE(contexts.ReloadIfChanged());
  const auto* before = &contexts.Current();
  WriteFileDurably(folder.path() / "server.pem", PemOf(second, false));
  EXPECT_FALSE(contexts.ReloadIfChanged()) << "its key is not there yet";
  EXPECT_EQ(&contexts.Current(), before);
  WriteFileDurably(folder.path() / "server.key", PemOf(second, true));
  EXPECT_TRUE(contexts.ReloadIfChanged());
  EXPECT_NE(&contexts.Current(), before);
  fs::remove(folder.path() / "server.pem");
  EXPECT_FALSE(contexts.ReloadIfChanged());
}

TEST_F(Tls, FilesThatAreNoCertificatesAreNamed) {
  WriteFileDurably(File("text.pem"), "no certificate");
  const auto failure = [](TlsServerOptions options) {
    try {
      Server({.tls = std::move(options)}, Router({})).Start();
    } catch (const Error& error) {
      return error;
    }
    return Error(Code::kInternal, "started");
  };
  const Error missing = failure({.certificate = File("none.pem"), .key = File("server.key")});
  EXPECT_EQ(missing.code(), Code::kNotFound);
  for (const auto& [certificate, key, ca] : {std::tuple("text.pem", "server.key", ""),
                                             {"server.pem", "text.pem", ""},
                                             {"server.pem", "client.key", ""},
                                             {"server.pem", "server.key", "text.pem"}}) {
    const Error error = failure({.certificate = File(certificate),
                                 .key = File(key),
                                 .client_ca = *ca == '\0' ? "" : File(ca)});
    EXPECT_EQ(error.code(), Code::kBadValue);
    EXPECT_THAT(error.message(), HasSubstr(folder_.path().string()));
  }
}

TEST_F(Tls, WhoDoesNotAgreeInTimeOrSpeaksPlainIsLetGo) {
  TlsServerOptions options = Plain();
  options.handshake_timeout = 150ms;
  const uint16_t port = Serve(options).Port();
  RawConnection silent(port), plain(port), half(port);
  plain.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  half.Send(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));
  EXPECT_TRUE(plain.WaitForClose());
  EXPECT_TRUE(half.WaitForClose());
  EXPECT_TRUE(silent.WaitForClose());
  EXPECT_EQ(Client(Trusting()).Post("/", "others").body, "|others");
}

}  // namespace
}  // namespace keelrow::http
