// SPDX-License-Identifier: Apache-2.0
#include "tests/pipeline/train/pretrain_fixture.hpp"

#include <functional>
#include <gtest/gtest.h>

namespace tacit::train {
namespace {

class ExperimentChecks : public PretrainFixture {
  protected:
    /// What a dry run of `pretext` with `changes` is refused with.
    std::string refusal(const std::string& pretext, const std::vector<std::string>& changes) {
        PretrainOptions options;
        options.run_folder = run_path("dry");
        options.dry_run = true;
        return error_of(
            [&] {
                config::Document document = tiny_config(data_, pretext, changes);
                pretrain(document, options, *comm_);
            },
            ExitCode::usage);
    }
    std::string dry_run(const std::string& name, const std::vector<std::string>& changes = {}) {
        PretrainOptions options;
        options.run_folder = run_path(name);
        options.dry_run = true;
        config::Document document = tiny_config(data_, "simclr", changes);
        testing::internal::CaptureStdout();
        EXPECT_EQ(pretrain(document, options, *comm_), ExitCode::done);
        return testing::internal::GetCapturedStdout();
    }
};

TEST_F(ExperimentChecks, LossThatComparesImagesNeedsTwo) {
    for (const char* pretext : {"simclr", "triplet"}) {
        EXPECT_EQ(
            refusal(pretext, {"train.batch=1"}),
            std::string("--set train.batch=1: train.batch: 1 with train.accumulate 1: pretext ") + pretext +
                " compares the images of a micro-batch with each other and needs at least 2; 64 and more work well");
        EXPECT_NE(refusal(pretext, {"train.accumulate=16"}).find("16 with train.accumulate 16"), std::string::npos);
    }
}

TEST_F(ExperimentChecks, OneMaskOfPixelsOrPatchesIsNeededWhereSomethingIsHidden) {
    for (const std::string pretext : {"context_encoder", "masked_autoencoder"}) {
        EXPECT_NE(refusal(pretext, {"augment.recipe=autoencoder"}).find("makes none"), std::string::npos);
        EXPECT_NE(refusal(pretext, {"augment.recipe=ijepa"}).find("makes several"), std::string::npos);
        const std::string hides = "augment.overrides={center_mask: {p: 0}, ";
        for (const std::string& change :
             {std::string("augment.recipe=mae"), std::string("augment.recipe=context_encoder"),
              hides + "random_block_mask: {p: 1}}", hides + "free_form_mask: {p: 1}}"}) {
            std::vector<std::string> changes = {"train.max_steps=2", change};
            if (change.starts_with(hides)) {
                changes.emplace_back("augment.recipe=context_encoder");
            }
            EXPECT_EQ(run(pretext + std::to_string(std::hash<std::string>()(change)), changes, {}, pretext),
                      ExitCode::done)
                << pretext << " " << change;
        }
    }
}

TEST_F(ExperimentChecks, AViewThatIsAimedAtShowsWhatTheFirstOneDoes) {
    for (const char* pretext : {"autoencoder", "vae", "sparse_autoencoder"}) {
        for (const char* recipe : {"simclr", "rotnet", "multicrop"}) {
            EXPECT_NE(refusal(pretext, {std::string("augment.recipe=") + recipe})
                          .find("aims at the last view of an image, which must show what the first one does"),
                      std::string::npos)
                << pretext << " " << recipe;
        }
    }
    EXPECT_EQ(run("denoise", {"train.max_steps=2", "augment.recipe=denoise"}, {}, "autoencoder"), ExitCode::done);
}

TEST_F(ExperimentChecks, GradCacheIsRefusedWhereABackboneDrops) {
    for (const char* model : {"model={backbone: mlp, hidden: [32], dropout: 0.2}",
                              "model={backbone: vit_tiny, width: 24, depth: 2, heads: 3, patch: 4, drop_path: 0.3}"}) {
        EXPECT_NE(refusal("simclr", {model, "train.accumulate=2", "train.grad_cache=true"})
                      .find("the backbone would drop other parts the second time"),
                  std::string::npos)
            << model;
    }
}

TEST_F(ExperimentChecks, LearningRateMustBePositive) {
    EXPECT_EQ(refusal("rotnet", {"optim.lr=0"}),
              "--set optim.lr=0: optim.lr: expected a finite number in [1e-12, 1000], got '0'");
}

TEST_F(ExperimentChecks, WarmUpEndsBeforeTheRun) {
    EXPECT_EQ(refusal("rotnet", {"optim.warmup_epochs=4"}),
              "--set optim.warmup_epochs=4: optim.warmup_epochs: the warm-up takes 20 steps and the run has 20: the "
              "learning rate never reaches optim.lr; shorten it, or train longer");
    testing::internal::CaptureStderr();
    dry_run("short", {"train.max_steps=3", "optim.warmup_epochs=0.6"}); // a first look
    EXPECT_EQ(testing::internal::GetCapturedStderr(),
              "warning: the warm-up takes 3 steps and the run has 3: the learning rate never reaches optim.lr\n");
}

TEST_F(ExperimentChecks, SplitsThatAreNamedAreThere) {
    for (const std::string key : {"data.test", "data.val"}) {
        EXPECT_EQ(refusal("rotnet", {key + "=foo"}),
                  "--set " + key + "=foo: " + key + ": unknown split of " + data_ + " 'foo' (one of: train)");
    }
}

TEST_F(ExperimentChecks, TestSplitOfAnyNameIsFoundWhereThePathSaysWhereItStands) {
    write_tiny_shards(folder_.path() + "/set-train", 84);
    write_tiny_shards(folder_.path() + "/set-holdout", 84);
    const std::string path = "data.path=" + folder_.path() + "/set-{split}";
    EXPECT_NE(dry_run("dry", {path, "data.test=holdout"}).find("dry run"), std::string::npos);
    EXPECT_NE(refusal("rotnet", {path, "data.test=foo"}).find("data.test: unknown split of "), std::string::npos);
}

TEST_F(ExperimentChecks, NameOfARecipeIsToldFromThatOfAPretext) {
    const std::string message = refusal("multicrop", {});
    EXPECT_TRUE(message.starts_with("tiny.yaml:3: pretext.name: unknown pretext 'multicrop'")) << message;
    EXPECT_NE(message.find("'multicrop' is the name of a recipe, which augment.recipe takes"), std::string::npos)
        << message;
    EXPECT_EQ(refusal("multicropp", {}).find("recipe"), std::string::npos);
}

TEST_F(ExperimentChecks, WidthOfOneBackboneIsNotTakenForAnother) {
    EXPECT_NE(refusal("rotnet", {"model.backbone=mlp"}).find("model.width: does not go with backbone mlp"),
              std::string::npos);
    EXPECT_NE(refusal("rotnet", {"model.backbone=resnet18"})
                  .find("tiny.yaml:2: model.width: was written for the backbone convnet, and --set chose resnet18"),
              std::string::npos);
    EXPECT_NE(dry_run("wide", {"model.backbone=resnet18", "model.width=4"}).find("dry run"), std::string::npos);
}

TEST_F(ExperimentChecks, EveryViewMustBeWholePatches) {
    EXPECT_EQ(
        refusal("simclr", {"model={backbone: vit_tiny, patch: 5}"}),
        "--set model={backbone: vit_tiny, patch: 5}: model.patch: vit_tiny cuts images into patches of 5x5 pixels, "
        "of which 16x16 are no whole number; choose a model.patch that divides both, or another augment.size");
    EXPECT_EQ(
        refusal("toy_distillation", {"model={backbone: vit_tiny, patch: 4}", "augment.size=32"}),
        "view 2 of recipe multicrop: model.backbone vit_tiny cuts images into patches of 4x4 pixels, of which 13x13 "
        "are no whole number; choose a model.patch that divides both, or another augment.size");
}

TEST_F(ExperimentChecks, VisionTransformersAreNotTrainedByLars) {
    EXPECT_EQ(refusal("byol", {"model={backbone: vit_tiny}", "optim.name=lars"}),
              "--set optim.name=lars: optim.name: lars is made for convolutional networks, and vision transformers "
              "collapse under it; use adamw");
}

TEST_F(ExperimentChecks, NetworksThatKeepImagesLargeAreWarnedOf) {
    const auto warning = [&](const std::string& model) {
        testing::internal::CaptureStderr();
        dry_run("slow", {model, "augment.size=128", "train.batch=2", "train.max_steps=1", "optim.warmup_epochs=0"});
        return testing::internal::GetCapturedStderr();
    };
    const std::string ending = "; --dry-run says how long the run would take\n";
    EXPECT_EQ(
        warning("model={backbone: resnet50, width: 2}"),
        "warning: model.stem cifar keeps images of 128 pixels at their size: a step takes about 16 times as long as "
        "with model.stem standard" +
            ending);
    EXPECT_EQ(
        warning("model={backbone: vit_tiny, patch: 2, width: 12, depth: 1}"),
        "warning: model.patch 2 makes 4096 patches of images of 128x128 pixels, and the time of a step grows with "
        "the square of many; patches of twice the size are a fourth as many" +
            ending);
    EXPECT_EQ(warning("model={backbone: resnet50, width: 2, stem: standard}"), "");
    EXPECT_EQ(warning("model={backbone: vit_tiny, patch: 16, width: 12, depth: 1}"), "");
}

TEST_F(ExperimentChecks, DryRunSaysHowLongTheRunWouldTake) {
    const std::string said = dry_run("dry", {"train.max_steps=100"});
    EXPECT_NE(said.find("dry run: 6 steps, "), std::string::npos) << said;
    EXPECT_NE(said.find("All 100 steps would take about 0:"), std::string::npos) << said;
}

TEST_F(ExperimentChecks, DryRunRefusesAResumeThatWouldBe) {
    EXPECT_EQ(run("begun", {"train.max_steps=5"}), ExitCode::done);
    PretrainOptions options;
    options.run_folder = run_path("begun");
    options.dry_run = true;
    const std::string message = error_of(
        [&] {
            config::Document document = tiny_config(data_, "simclr", {"train.max_steps=5", "optim.lr=0.5"});
            pretrain(document, options, *comm_);
        },
        ExitCode::usage);
    EXPECT_NE(message.find("optim.lr is 0.5, the checkpoint has 0.02"), std::string::npos) << message;
}

TEST_F(ExperimentChecks, DryRunTellsARunThatWouldGoOnFromAFinishedOne) {
    EXPECT_EQ(run("begun", {"train.max_steps=5", "optim.schedule=constant"}), ExitCode::done);
    const std::string longer = dry_run("begun", {"train.max_steps=9", "optim.schedule=constant"});
    EXPECT_NE(longer.find("would go on from step-00000005"), std::string::npos) << longer;
    EXPECT_NE(longer.find("The remaining 4 steps would take about"), std::string::npos) << longer;
    const std::string same = dry_run("begun", {"train.max_steps=5", "optim.schedule=constant"});
    EXPECT_EQ(same.find("would go on"), std::string::npos) << same;
    EXPECT_EQ(same.find("would take"), std::string::npos) << same;
    EXPECT_NE(same.find("dry run: " + run_path("begun") +
                        " is finished: 5 of 5 steps; nothing is left to train: judge it (tacit probe " +
                        run_path("begun") + "), or train longer (a larger train.epochs or train.max_steps goes on)"),
              std::string::npos)
        << same;
    EXPECT_EQ(run("whole", {"train.max_steps=5"}), ExitCode::done);
    EXPECT_NE(dry_run("whole", {"train.max_steps=5"}).find("or train longer into another run folder (--run FOLDER)"),
              std::string::npos);
}

} // namespace
} // namespace tacit::train
