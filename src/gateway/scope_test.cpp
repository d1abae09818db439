#include "gateway/scope.h"

#include <gtest/gtest.h>

namespace keelrow::gateway {
namespace {

using Scopes = std::vector<std::string>;

http::Identity Holding(Scopes scopes) {
  return {.subject = "ann", .scopes = std::move(scopes)};
}

TEST(Scope, AnOperationIsForEveryModelOrForOne) {
  EXPECT_TRUE(Allows(Holding({"predict"}), "predict", "digits"));
  EXPECT_TRUE(Allows(Holding({"predict"}), "predict", ""));
  EXPECT_TRUE(Allows(Holding({"predict:digits"}), "predict", "digits"));
  EXPECT_TRUE(Allows(Holding({"metrics", "predict:a", "predict:digits"}), "predict", "digits"));
  EXPECT_TRUE(Allows(Holding({}), "", "digits"));
  EXPECT_FALSE(Allows(Holding({"predict:digits"}), "predict", ""));
  for (const Scopes& scopes : {Scopes{},
                               {""},
                               {":"},
                               {"predict:"},
                               {"predict:digit"},
                               {"predict:digits2"},
                               {"predict:*"},
                               {"Predict"},
                               {"predict2"},
                               {"pred"},
                               {"manage"},
                               {"manage:digits"},
                               {"predict:Digits"},
                               {"predict:digits:x"},
                               {"*"}}) {
    EXPECT_FALSE(Allows(Holding(scopes), "predict", "digits")) << scopes.size();
  }
}

TEST(Scope, NoModelsNameWidensAScope) {
  EXPECT_FALSE(Allows(Holding({"predict:a"}), "predict", "a:b"));
  EXPECT_TRUE(Allows(Holding({"predict:a:b"}), "predict", "a:b"));
  EXPECT_FALSE(Allows(Holding({"predict:a:b"}), "predict", "a"));
  EXPECT_FALSE(Allows(Holding({"predict:a"}), "predict", "a predict"));
  EXPECT_FALSE(Allows(Holding({"predict:a%20b"}), "predict", "a%20b"));
  EXPECT_TRUE(Allows(Holding({"predict:a%20b"}), "predict", "a b"));
  EXPECT_TRUE(Allows(Holding({"predict:a%2520b"}), "predict", "a%20b"));
  EXPECT_EQ(ScopeFor("predict", "Zahlen \"ü\""), "predict:Zahlen%20%22%C3%BC%22");
  EXPECT_TRUE(IsScope(ScopeFor("predict", std::string("\0\n \x7f\xff", 5))));
}

TEST(Scope, SomeModelIsEnoughToFindOut) {
  EXPECT_TRUE(AllowsSome(Holding({"predict:a"}), "predict"));
  EXPECT_TRUE(AllowsSome(Holding({"predict"}), "predict"));
  EXPECT_FALSE(AllowsSome(Holding({"predict2", "manage:a"}), "predict"));
  EXPECT_TRUE(AllowsSome(Holding({}), ""));
}

TEST(Scope, WithinIsWhatBothAllow) {
  const auto within = [](const Scopes& a, const Scopes& b) { return Within(a, b); };
  EXPECT_EQ(within({"predict", "manage"}, {"predict:a", "predict:b"}),
            (Scopes{"predict:a", "predict:b"}));
  EXPECT_EQ(within({"predict:a", "predict:c"}, {"predict"}), (Scopes{"predict:a", "predict:c"}));
  EXPECT_EQ(within({"predict:a"}, {"predict:b"}), Scopes{});
  EXPECT_EQ(within({"predict", "predict:a"}, {"predict:a"}), Scopes{"predict:a"});
  EXPECT_EQ(within({}, {"predict"}), Scopes{});
}

TEST(Scope, WhatCanBeOne) {
  for (const char* good : {"predict", "predict:a", "a:b:c", "!", "x/y"}) {
    EXPECT_TRUE(IsScope(good)) << good;
  }
  for (const char* bad : {"", ":", ":a", "a:", "a b", "a\"b", "a\\b", "a\nb", "\xc3\xbc", "\x7f"}) {
    EXPECT_FALSE(IsScope(bad)) << bad;
  }
}

}  // namespace
}  // namespace keelrow::gateway
