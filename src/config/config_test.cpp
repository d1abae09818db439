#include <gtest/gtest.h>

#include "config/choices.h"
#include "config/described.h"

namespace keelrow::config {
namespace {

struct Inner {
  double lr = 1e-3;
  Duration wait{std::chrono::milliseconds(2)};
};
void Describe(Object<Inner>& object) {
  object.Doc("Inner.");
  object.Field("lr", &Inner::lr, "Rate.").Range(0, 1);
  object.Field("wait", &Inner::wait, "Wait.");
}

struct ResizeOptions {
  int size = 224;
};
void Describe(Object<ResizeOptions>& object) {
  object.Field("size", &ResizeOptions::size, "Edge.").Unit("pixels").Range(1, 8192);
}

const std::vector<Choice>& Shapes() {
  static const std::vector<Choice> choices = {
      ChoiceOf<ResizeOptions>("resize", "Changes the size.", "size"),
      {.name = "gray", .help = "Drops colour."},
  };
  return choices;
}

struct Outer {
  std::string name;
  int epochs = 10;
  bool on = false;
  Inner inner;
  std::vector<std::string> tags = {"a"};
  std::vector<Entry<Shapes>> steps;
  std::map<std::string, Threshold> limits;
  std::optional<Threshold> perhaps;
  std::optional<double> share;
};
void Describe(Object<Outer>& object) {
  object.Field("name", &Outer::name, "Name.").Required();
  object.Field("epochs", &Outer::epochs, "Epochs.").Range(1, 100);
  object.Field("on", &Outer::on, "Switch.");
  object.Field("inner", &Outer::inner, "Inner.");
  object.Field("tags", &Outer::tags, "Tags.");
  object.Field("steps", &Outer::steps, "Steps.");
  object.Field("perhaps", &Outer::perhaps, "Perhaps.");
  object.Field("share", &Outer::share, "Share.").Range(0, 1);
  object.FreeKeys(&Outer::limits, "Limits.");
}

Outer ReadText(const std::string& text) {
  return Read<Outer>(ParseYaml(text, "k.yaml"));
}

/// The error of reading `text`.
Error FailureOf(const std::string& text) {
  try {
    ReadText(text);
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error for: " << text;
  return Error(Code::kInternal, "none");
}

struct Bounds {
  ByteSize room{1024};
  Duration wait{std::chrono::seconds(1)};
};
void Describe(Object<Bounds>& object) {
  object.Field("room", &Bounds::room, "Room.").Range(ByteSize{1024}, ByteSize{1 << 20});
  object.Field("wait", &Bounds::wait, "Wait.")
      .Range(Duration{std::chrono::milliseconds(100)}, Duration{std::chrono::hours(1)});
}

TEST(Config, SizesAndDurationsHaveRangesInTheirOwnWords) {
  const auto failure = [](const std::string& text) {
    try {
      Read<Bounds>(ParseYaml(text, "k.yaml"));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::kBadValue);
      EXPECT_EQ(error.place().line, 1);
      return error.message();
    }
    return std::string("none");
  };
  EXPECT_EQ(failure("{room: 1KiB, wait: 100ms}"), "none");
  EXPECT_EQ(failure("{room: 1MiB, wait: 1h}"), "none");
  EXPECT_EQ(failure("room: 4GiB"),
            "4GiB is out of range: expected a size such as `10MB`, 1KiB to 1MiB");
  EXPECT_EQ(failure("wait: 0s"),
            "0ms is out of range: expected a duration such as `30s`, 100ms to 1h");
}

TEST(Config, AnOptionalValueHasARangeWhenItIsThere) {
  EXPECT_FALSE(ReadText("name: x").share.has_value());
  EXPECT_EQ(ReadText("{name: x, share: 0.5}").share, 0.5);
  EXPECT_EQ(FailureOf("{name: x, share: 1.5}").code(), Code::kBadValue);
}

TEST(Config, DefaultsAreTheStructsOwn) {
  const Outer outer = ReadText("name: x");
  EXPECT_EQ(outer.epochs, 10);
  EXPECT_EQ(outer.inner.lr, 1e-3);
  EXPECT_FALSE(outer.perhaps.has_value());
}

TEST(Config, ReadsNestedListsEntriesAndFreeKeys) {
  const Outer outer = ReadText(
      "name: x\ninner: {lr: 0.5, wait: 3s}\ntags: one\nsteps:\n  - resize: 28\n  - gray\n"
      "  - resize: {size: 32}\ntest.accuracy: \">=0.9\"\nperhaps: \"<1\"\n");
  EXPECT_EQ(outer.inner.wait.value, std::chrono::seconds(3));
  EXPECT_EQ(outer.tags, std::vector<std::string>{"one"});
  ASSERT_EQ(outer.steps.size(), 3U);
  EXPECT_EQ(outer.steps[0].options.dump(), R"({"size":28})");
  EXPECT_EQ(outer.steps[1].name, "gray");
  EXPECT_EQ(outer.limits.at("test.accuracy").bound, 0.9);
  EXPECT_EQ(outer.perhaps->bound, 1);
}

TEST(Config, CanonicalFormReadsBackToItself) {
  const Json once = Write(ReadText("name: x\nsteps: [{resize: 28}]\na.b: \"<1\"\n"));
  EXPECT_EQ(Write(ReadJson<Outer>(once, "again")), once);
}

TEST(Config, UnknownKeyNamesPlaceAndSuggests) {
  const Error error = FailureOf("name: x\ninner:\n  weit: 1s\n");
  EXPECT_EQ(error.code(), Code::kUnknownKey);
  EXPECT_EQ(error.hint(), "did you mean `wait`?");
  EXPECT_EQ(error.place(), (Place{"k.yaml", 3, 3}));
}

TEST(Config, BadValuesSayWhatIsExpectedAndWhere) {
  struct Case {
    std::string text;
    std::string message;
    int line;
  };
  for (const Case& c : std::vector<Case>{
           {"name: x\nepochs: many", "expected an integer, found `many`", 2},
           {"name: x\nepochs: 2.5", "expected an integer, found `2.5`", 2},
           {"name: x\nepochs: \"2\"", "expected an integer, found `2` (in quotes)", 2},
           {"name: x\nepochs: 0", "0 is out of range: expected an integer, 1 to 100", 2},
           {"name: x\non: yes", "expected true or false, found `yes`", 2},
           {"name: x\ninner: {wait: 10}", "`10` is not a duration", 2},
           {"name: x\nsteps:\n  - rezise: 28", "there is no `rezise` to choose here", 3},
           {"name: x\nsteps:\n  - resize: 0",
            "0 is out of range: expected an integer (pixels), "
            "1 to 8192",
            3}}) {
    const Error error = FailureOf(c.text);
    EXPECT_EQ(error.code(), Code::kBadValue) << c.text;
    EXPECT_EQ(error.message(), c.message) << c.text;
    EXPECT_EQ(error.place().line, c.line) << c.text;
  }
}

TEST(Config, MissingKeyIsNamed) {
  EXPECT_EQ(FailureOf("epochs: 3").code(), Code::kMissingKey);
  EXPECT_EQ(FailureOf("epochs: 3\nname:").code(), Code::kMissingKey);
}

TEST(Yaml, TheSameKeyTwiceIsAnError) {
  EXPECT_EQ(FailureOf("name: x\nname: y\n").code(), Code::kSyntax);
}

TEST(Yaml, TextThatIsNotUtf8IsAnErrorWithItsPlace) {
  for (const char* text : {"name: a\ntext: \"b\xff\"\n", "name: a\nb\xe9: c\n"}) {
    const Error error = FailureOf(text);
    EXPECT_EQ(error.code(), Code::kSyntax);
    EXPECT_EQ(error.place().line, 2);
  }
}

TEST(Yaml, BillionLaughsEndInALimit) {
  std::string text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    for (int k = 0; k < 9; ++k) text += "," + last;
    text += "]\n";
  }
  EXPECT_EQ(FailureOf(text).code(), Code::kLimit);
}

TEST(Yaml, DeepNestingEndsInALimit) {
  EXPECT_EQ(FailureOf(std::string(100'000, '[')).code(), Code::kLimit);
  EXPECT_EQ(FailureOf(std::string(100'000, '{')).code(), Code::kLimit);
  std::string dashes;
  for (int i = 0; i < 50'000; ++i) dashes += "- ";
  EXPECT_EQ(FailureOf(dashes).code(), Code::kLimit);
}

TEST(Node, SetPathReachesMapsAndLists) {
  Node root = ParseYaml("a: {b: 1}\nlist: [{x: 1}]\n", "k.yaml");
  SetPath(root, "a.b", "2");
  SetPath(root, "a.c.d", "3");
  SetPath(root, "list.0.x", "4");
  EXPECT_EQ(root.Find("a")->Find("b")->text, "2");
  EXPECT_EQ(root.Find("a")->Find("c")->Find("d")->text, "3");
  EXPECT_EQ(root.Find("list")->items[0].Find("x")->text, "4");
  EXPECT_THROW(SetPath(root, "list.7", "1"), Error);
  EXPECT_THROW(SetPath(root, "a.b.c", "1"), Error);
}

TEST(Schema, LeavesHavePathsAndDefaults) {
  std::map<std::string, Json> leaves;
  const auto schema = SchemaOf<Outer>();
  for (const Leaf& leaf : Leaves(*schema)) leaves[leaf.path] = leaf.default_value;
  EXPECT_EQ(leaves.at("inner.lr"), 1e-3);
  EXPECT_EQ(leaves.at("epochs"), 10);
  EXPECT_TRUE(leaves.at("name").is_null());
}

TEST(Schema, JsonSchemaForbidsUnknownKeysAndListsRequired) {
  const Json schema = ToJsonSchema(Codec<Outer>::Describe(), "test");
  EXPECT_EQ(schema["required"], Json({"name"}));
  EXPECT_EQ(schema["properties"]["epochs"]["maximum"], 100.0);
  EXPECT_EQ(schema["properties"]["inner"]["additionalProperties"], false);
}

TEST(Schema, JsonSchemaTakesAScalarForAListOfOneAsTheReaderDoes) {
  const Json steps = ToJsonSchema(Codec<Outer>::Describe(), "test")["properties"]["steps"];
  EXPECT_EQ(steps["anyOf"][0]["type"], "array");
  EXPECT_EQ(steps["anyOf"][1]["enum"], Json({"resize", "gray"}));
  EXPECT_EQ(ReadText("{name: x, steps: gray}").steps.size(), 1U);
  FailureOf("{name: x, steps: {resize: 28}}");
}

}  // namespace
}  // namespace keelrow::config
