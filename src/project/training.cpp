#include "project/training.h"

#include "nets/zoo.h"

namespace keelrow::project {
namespace {

/// An option that another choice reads would be ignored in silence: a mistake, so it is refused.
void OnlyFor(const std::string& choice, const std::string& chosen, const std::string& option,
             bool given) {
  if (!given || chosen == choice) return;
  throw Error(Code::kBadValue,
              "`" + option + "` is an option of `" + choice + "`, not of `" + chosen + "`");
}

void CheckOptions(const OptimizerConfig& config) {
  OnlyFor("sgd", config.name.value, "momentum", config.momentum.has_value());
}

void CheckOptions(const ScheduleConfig& config) {
  OnlyFor("step", config.name.value, "step_epochs", config.step_epochs.has_value());
  OnlyFor("step", config.name.value, "step_factor", config.step_factor.has_value());
  OnlyFor("plateau", config.name.value, "plateau_epochs", config.plateau_epochs.has_value());
  OnlyFor("plateau", config.name.value, "plateau_factor", config.plateau_factor.has_value());
}

}  // namespace

const std::vector<config::Choice>& NetworkChoices() {
  static const std::vector<config::Choice> choices = [] {
    std::vector<config::Choice> made;
    for (const nets::Network& network : nets::Zoo()) {
      made.push_back({.name = std::string(network.name), .help = std::string(network.help)});
    }
    return made;
  }();
  return choices;
}

const std::vector<config::Choice>& OptimizerChoices() {
  static const std::vector<config::Choice> choices = {
      {.name = "adam", .help = "Adam with weight decay in the gradient (Kingma, Ba 2015)."},
      {.name = "adamw", .help = "Adam with decoupled weight decay (Loshchilov, Hutter 2019)."},
      {.name = "lion",
       .help =
           "The sign of a momentum (Chen 2023); a tenth of `adamw`'s rate, ten times its decay."},
      {.name = "sgd", .help = "Stochastic gradient descent with Nesterov momentum."},
  };
  return choices;
}

const std::vector<config::Choice>& ScheduleChoices() {
  static const std::vector<config::Choice> choices = {
      {.name = "constant", .help = "The rate stays as it is after the warm-up."},
      {.name = "cosine", .help = "Falls to zero along half a cosine over the whole training."},
      {.name = "one_cycle",
       .help = "Rises from 1/25 along half a cosine, then falls to 1/250,000 (Smith 2018)."},
      {.name = "plateau",
       .help = "Multiplied by `plateau_factor` when the validation loss has not become better for "
               "more than `plateau_epochs`."},
      {.name = "step", .help = "Multiplied by `step_factor` every `step_epochs` epochs."},
  };
  return choices;
}

const std::vector<config::Choice>& ClassWeightChoices() {
  static const std::vector<config::Choice> choices = {
      {.name = "none", .help = "Every example counts the same."},
      {.name = "balanced", .help = "Examples count in inverse proportion to their class's size."},
  };
  return choices;
}

const std::vector<config::Choice>& PrecisionChoices() {
  static const std::vector<config::Choice> choices = {
      {.name = "bfloat16",
       .help = "Convolutions and matrix products in 16 bits (autocast); weights stay in 32. Faster "
               "where the processor has bfloat16 instructions, slower elsewhere."},
      {.name = "float32", .help = "Everything in 32 bits."},
  };
  return choices;
}

void CheckWithoutValidation(const TrainConfig& config, Code code) {
  std::string key;
  if (config.schedule.name.value == "plateau") key = "train.schedule";
  if (config.early_stop > 0) key = "train.early_stop";
  if (key.empty()) return;
  throw Error(code, "`" + key + "` needs validation examples; there are none",
              {.hint = "give `data.split.validation` a share"});
}

void Describe(config::Object<ModelConfig>& object) {
  object.Doc(
      "Which network is trained. Its input size follows from `prepare`, its outputs from "
      "the classes of the data.");
  object.Field("network", &ModelConfig::network, "A network of the zoo.");
  object.Field("pretrained", &ModelConfig::pretrained,
               "A file of weights to start from, beside the project file: .safetensors, or .pth as "
               "torch.save writes it (no code in it is run). torchvision's, timm's and "
               "EfficientNet-PyTorch's names are known. The classifier starts anew when the number "
               "of classes differs.");
  object
      .Field("dropout", &ModelConfig::dropout,
             "Share of features dropped before the classifier while training; unless given, the "
             "network's own.")
      .Range(0, 0.9);
  object
      .Field("width", &ModelConfig::width,
             "Factor on the number of channels, for networks that allow it.")
      .Range(0.1, 4);
}

void Describe(config::Object<OptimizerConfig>& object) {
  object.Doc("How weights follow gradients.");
  object.Field("name", &OptimizerConfig::name, "The rule.");
  object.Field("lr", &OptimizerConfig::lr, "Learning rate at its highest.").Range(1e-8, 10);
  object
      .Field("weight_decay", &OptimizerConfig::weight_decay,
             "Pull towards zero on weights (not on biases and norms).")
      .Range(0, 1);
  object.Field("momentum", &OptimizerConfig::momentum, "Momentum of `sgd`; 0.9 unless given.")
      .Range(0, 0.999);
  object.Check([](const OptimizerConfig& config) { CheckOptions(config); });
}

void Describe(config::Object<ScheduleConfig>& object) {
  object.Doc("How the learning rate changes during training.");
  object.Field("name", &ScheduleConfig::name, "The curve.");
  object
      .Field("warmup", &ScheduleConfig::warmup,
             "Share of all steps over which the rate first rises linearly from zero; 0.1 unless "
             "given. Of `one_cycle` the share of its rise; 0.3 unless given.")
      .Range(0, 0.9);
  object
      .Field("step_epochs", &ScheduleConfig::step_epochs,
             "Length of a stair of `step`; 10 unless given.")
      .Unit("epochs")
      .Range(1, 10000);
  object
      .Field("step_factor", &ScheduleConfig::step_factor,
             "Factor at each stair of `step`; 0.1 unless given.")
      .Range(0.001, 1);
  object
      .Field("plateau_epochs", &ScheduleConfig::plateau_epochs,
             "Patience of `plateau`; 10 unless given.")
      .Unit("epochs")
      .Range(0, 10000);
  object
      .Field("plateau_factor", &ScheduleConfig::plateau_factor,
             "Factor at each plateau; 0.1 unless given.")
      .Range(0.001, 1);
  object.Check([](const ScheduleConfig& config) { CheckOptions(config); });
}

void Describe(config::Object<TrainConfig>& object) {
  object.Doc(
      "How the network is trained. The result is bit-identical for the same project, data "
      "and number of threads, whether or not the training was interrupted.");
  object.Field("epochs", &TrainConfig::epochs, "Passes over the training examples.")
      .Range(1, 100000);
  object.Field("batch_size", &TrainConfig::batch_size, "Examples a step.").Range(1, 65536);
  object.Field("optimizer", &TrainConfig::optimizer, "How weights follow gradients.");
  object.Field("schedule", &TrainConfig::schedule, "How the learning rate changes.");
  object
      .Field("layer_decay", &TrainConfig::layer_decay,
             "Factor on the learning rate from each layer to the one before it, so that early "
             "layers of a pretrained network change less; 1: all the same.")
      .Range(0.01, 1);
  object
      .Field("freeze_epochs", &TrainConfig::freeze_epochs,
             "Train the classifier alone for so many epochs; all other weights and the statistics "
             "of their norms stay as they are. Then everything learns.")
      .Unit("epochs")
      .Range(0, 10000);
  object
      .Field("accumulate", &TrainConfig::accumulate,
             "Batches whose gradients are averaged into one step: large batches in little memory. "
             "Norms see `batch_size` examples all the same.")
      .Unit("batches")
      .Range(1, 4096);
  object
      .Field("clip_norm", &TrainConfig::clip_norm,
             "Longest gradient (L2 norm over all parameters); a longer one is shortened to it. 0 "
             "never shortens.")
      .Range(0, 1e6);
  object
      .Field("label_smoothing", &TrainConfig::label_smoothing,
             "Share of each training label that is spread evenly over all classes.")
      .Range(0, 0.9);
  object.Field("mix", &TrainConfig::mix,
               "Mixtures of a batch's pictures with each other, and of their labels.");
  object.Field("precision", &TrainConfig::precision,
               "Numbers that the training computes with; evaluation always uses 32 bits.");
  object
      .Field("ema", &TrainConfig::ema,
             "Decay of an exponential moving average of the weights, which is then what is "
             "evaluated and exported; 0 turns it off.")
      .Range(0, 0.99999);
  object
      .Field("early_stop", &TrainConfig::early_stop,
             "Stop after so many epochs without a better validation loss; 0 never stops early.")
      .Unit("epochs")
      .Range(0, 10000);
  object.Field("class_weights", &TrainConfig::class_weights,
               "How much examples count in the loss.");
  object
      .Field("checkpoint_every", &TrainConfig::checkpoint_every,
             "A resumable checkpoint after so many steps.")
      .Unit("steps")
      .Range(1, 1000000);
  object
      .Field("threads", &TrainConfig::threads,
             "Threads of the numeric library; 0 takes all cores. Part of the result: other "
             "counts round differently.")
      .Range(0, 1024);
  object
      .Field("loader_threads", &TrainConfig::loader_threads,
             "Threads that decode and augment. Never changes the result.")
      .Range(1, 256);
}

void Describe(config::Object<CrossValidationConfig>& object) {
  object.Doc(
      "Trains again, as often as there are folds, each time without one part of the training and "
      "validation examples, and answers that part. The run gains the metrics' means with 95 % "
      "intervals (`cross_validation.*`) and a list of labels that are likely wrong; the model is "
      "the same as without. Folds keep the rules of `data.split` (strata, groups, time); what a "
      "training needs for validation it takes from the rest.");
  object
      .Field("folds", &CrossValidationConfig::folds,
             "How many parts; each costs about a training. 0: none.")
      .Range(0, 100);
  object.Check([](const CrossValidationConfig& config) {
    if (config.folds != 1) return;
    throw Error(Code::kBadValue, "one fold leaves nothing to train on",
                {.hint = "cross_validation.folds: 5"});
  });
}

}  // namespace keelrow::project
