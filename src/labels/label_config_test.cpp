#include "labels/label_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "labels/format_functions.h"

namespace keelrow::labels {
namespace {

constexpr const char* kConfig = R"(<View>
  <Header value="What is it?"/>
  <Image name="photo" value="$image" zoom="true"/>
  <View><Text name="caption" value="$text"/></View>
  <Choices name="class" toName="photo" choice="single">
    <Choice value="Cat"/><Choice value="Dog &amp; puppy" alias="dog"/><Choice/>
  </Choices>
  <RectangleLabels name="box" toName="photo"><Label value="Car"/></RectangleLabels>
</View>)";

TEST(LabelConfig, TellsWhatIsShownAndAsked) {
  const LabelConfig config = ParseLabelConfig(kConfig).Value();
  ASSERT_EQ(config.objects.size(), 2U);
  const ShownObject* photo = config.FindObject("photo");
  ASSERT_NE(photo, nullptr);
  EXPECT_EQ(photo->kind, "Image");
  EXPECT_EQ(photo->field, "image");
  EXPECT_EQ(config.FindObject("box"), nullptr);
  ASSERT_EQ(config.questions.size(), 1U);
  const ChoiceQuestion& question = config.questions[0];
  EXPECT_EQ(question.name, "class");
  EXPECT_EQ(question.object, "photo");
  ASSERT_EQ(question.choices.size(), 2U);
  EXPECT_EQ(question.choices[0].written, "Cat");
  EXPECT_EQ(question.choices[1].shown, "Dog & puppy");
  EXPECT_EQ(question.choices[1].written, "dog");
}

TEST(LabelConfig, AResultIsReadBackAsAnAnnotationIs) {
  const LabelConfig config = ParseLabelConfig(kConfig).Value();
  const Json result = ChoiceResult(config.questions[0], "dog");
  const Json annotation = {{"id", 1}, {"result", Json::array({result})}};
  const Json task = {
      {"id", 1}, {"data", Json::object()}, {"annotations", Json::array({annotation})}};
  const LabelSet set = ParseLabelStudio(Json::array({task}).dump(), "export").Value();
  EXPECT_EQ(set.tasks.at(0).annotations.at(0).classes, std::vector<std::string>{"dog"});
}

TEST(LabelConfig, EntitiesAreNotActedOn) {
  const LabelConfig config = ParseLabelConfig(R"(<!DOCTYPE View [
    <!ENTITY file SYSTEM "file:///etc/passwd"><!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>
    <View><Choices name="class" toName="x"><Choice value="&file;&b;"/></Choices></View>)")
                                 .Value();
  EXPECT_EQ(config.questions.at(0).choices.at(0).shown, "&file;&b;");
}

TEST(LabelConfig, WhatIsTooMuchOrNoXmlIsRefused) {
  for (const char* text : {"<View", "<View></Text>", "{}", ""}) {
    const auto config = ParseLabelConfig(text);
    ASSERT_FALSE(config.ok()) << text;
    EXPECT_EQ(config.error().code(), Code::kSyntax) << text;
  }
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  for (int i = 0; i < 100'000; ++i) deep += "</a>";
  EXPECT_EQ(ParseLabelConfig(deep).error().code(), Code::kLimit) << "and the stack holds";
  EXPECT_EQ(ParseLabelConfig(std::string(2 << 20, ' ')).error().code(), Code::kLimit);
}

}  // namespace
}  // namespace keelrow::labels
