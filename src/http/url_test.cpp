#include "http/url.h"

#include <gtest/gtest.h>

#include "http/address_guard.h"
#include "http/client.h"
#include "http/server.h"

namespace keelrow::http {
namespace {

using namespace std::chrono_literals;

TEST(Url, IsSplit) {
  EXPECT_EQ(*ParseUrl("http://Example.com"),
            (Url{.host = "example.com", .port = 80, .target = "/"}));
  EXPECT_EQ(*ParseUrl("HTTPS://a-b.c_d.example:8443/p%20q?x=/y"),
            (Url{.https = true, .host = "a-b.c_d.example", .port = 8443, .target = "/p%20q?x=/y"}));
  EXPECT_EQ(*ParseUrl("https://[2001:DB8::1]:8443/"),
            (Url{.https = true, .host = "2001:db8::1", .port = 8443, .target = "/"}));
  EXPECT_EQ(*ParseUrl("http://10.0.0.7?q=user@host"),
            (Url{.host = "10.0.0.7", .port = 80, .target = "/?q=user@host"}));
  EXPECT_EQ(ParseUrl("https://[::1]/a")->ToString(), "https://[::1]/a");
  EXPECT_EQ(ParseUrl("http://h:443/a")->ToString(), "http://h:443/a");
  EXPECT_EQ(ParseUrl("https://H:443")->ToString(), "https://h/");
}

TEST(Url, WhatCouldBeTwoThingsIsRefused) {
  for (const char* text : {"",
                           "example.com",
                           "ftp://a/",
                           "file:///etc/passwd",
                           "http:/a",
                           "http:a",
                           "http://",
                           "http:///path",
                           "//a/b",
                           "http://user@host/",
                           "http://user:pass@host/",
                           "http://trusted.example@10.0.0.1/",
                           "http://a:0/",
                           "http://a:65536/",
                           "http://a:/",
                           "http://a:80a/",
                           "http://a:+80/",
                           "http://a:-1/",
                           "http://a:080808/",
                           "http://127.1/",
                           "http://0x7f000001/",
                           "http://0x7f.0.0.1/",
                           "http://2130706433/",
                           "http://0177.0.0.1/",
                           "http://127.0.0.1./",
                           "http://1.2.3.4.5/",
                           "http://1.2.3.256/",
                           "http://a.0x1/",
                           "http://[::1/",
                           "http://[::1]x/",
                           "http://[::1%25eth0]/",
                           "http://[127.0.0.1]/",
                           "http://::1/",
                           "http://a..b/",
                           "http://.a/",
                           "http://-a/",
                           "http://a-/",
                           "http://a b/",
                           "http://a/b c",
                           "http://a/#f",
                           "http://a#@b/",
                           "http://a\\@b/",
                           "http://a/\\b",
                           "http://a/\r\nHost: b",
                           "http://a\t/",
                           "http://\xc3\xa4.example/",
                           "http://a%2fb/",
                           "http://*/",
                           "http://a,b/"}) {
    const auto url = ParseUrl(text);
    ASSERT_FALSE(url.ok()) << text;
    EXPECT_EQ(url.error().code(), Code::kBadRequest) << text;
  }
  EXPECT_FALSE(ParseUrl(std::string_view("http://a/\0", 10)).ok());
  EXPECT_FALSE(ParseUrl("http://" + std::string(64, 'a') + "/").ok());
  EXPECT_TRUE(ParseUrl("http://" + std::string(63, 'a') + "/").ok());
}

TEST(AddressGuard, KnowsWhatIsNotForEverybody) {
  for (const char* address : {"8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.0", "100.63.0.1",
                              "100.128.0.1", "169.253.1.1", "192.0.1.1", "223.255.255.255",
                              "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8"}) {
    EXPECT_TRUE(IsPublicAddress(address)) << address;
  }
  for (const char* address : {"0.0.0.0",
                              "10.1.2.3",
                              "100.64.0.1",
                              "100.100.100.200",
                              "127.0.0.1",
                              "127.255.255.255",
                              "168.63.129.16",
                              "169.254.169.254",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.0.0.192",
                              "192.0.2.1",
                              "192.168.0.1",
                              "198.18.0.1",
                              "198.19.255.255",
                              "198.51.100.1",
                              "203.0.113.1",
                              "224.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "fe80::1",
                              "fc00::1",
                              "fd00:ec2::254",
                              "ff02::1",
                              "::ffff:127.0.0.1",
                              "::ffff:169.254.169.254",
                              "64:ff9b::7f00:1",
                              "::127.0.0.1",
                              "2002:7f00:1::",
                              "2001::1",
                              "2001:db8::1",
                              "3fff::1",
                              "",
                              "localhost",
                              "8.8.8",
                              "x"}) {
    EXPECT_FALSE(IsPublicAddress(address)) << address;
  }
}

TEST(AddressGuard, RefusesHostsByWhatTheyResolveTo) {
  const auto code = [](const char* url, GuardOptions options = {}) {
    const auto found = ResolveGuarded(*ParseUrl(url), options);
    return found ? Code::kInternal : found.error().code();
  };
  EXPECT_EQ(code("http://localhost/"), Code::kForbidden);
  EXPECT_EQ(code("http://127.0.0.1:8081/models"), Code::kForbidden);
  EXPECT_EQ(code("http://[::1]/"), Code::kForbidden);
  EXPECT_EQ(code("http://169.254.169.254/latest/meta-data/"), Code::kForbidden);
  EXPECT_EQ(code("http://[::ffff:10.0.0.1]/"), Code::kForbidden);
  EXPECT_EQ(code("http://127.0.0.1/", {.allowed_hosts = {"localhost"}}), Code::kForbidden);
  EXPECT_EQ(*ResolveGuarded(*ParseUrl("http://8.8.8.8/"), {}), std::vector<std::string>{"8.8.8.8"});
  EXPECT_EQ(*ResolveGuarded(*ParseUrl("http://127.0.0.1/"), {.allowed_hosts = {"127.0.0.1"}}),
            std::vector<std::string>{"127.0.0.1"});
}

TEST(AddressGuard, TheClientGoesWhereTheGuardLooked) {
  Server server({}, Router({{.method = "GET", .pattern = "/", .handler = Sync([](const Request& r) {
                                                                return Response::Text(std::string(
                                                                    *r.headers.Find("Host")));
                                                              })}}));
  server.Start();
  // Nobody answers for this name; the address is what counts, and the name is what is asked for.
  const Url url = *ParseUrl("http://models.invalid:" + std::to_string(server.Port()) + "/");
  ClientOptions options = ClientOptions::To(url);
  options.addresses = {"127.0.0.2", "127.0.0.1"};  // at the first nobody listens
  EXPECT_EQ(Client(options).Get(url.target).body, url.Authority());
  EXPECT_TRUE(ClientOptions::To(*ParseUrl("https://a/")).tls.has_value());
}

}  // namespace
}  // namespace keelrow::http
