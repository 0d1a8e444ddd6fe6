// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/splits/split_names.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tacit::shards {
namespace {

TEST(SplitNames, AreTakenWhereTheyAreWordsOfTheName) {
    for (const char* name : {"train", "TRAIN", "Training", "train2017", "train_images", "seg_train", "train-imgs",
                             "ILSVRC2012_img_train", "train_catvnoncat", "TrainImages", "trainset", "x_train.npy",
                             "Xtrain", "imagesTrain", "trainval", "cc12m-train-0001.tar", "1.train"}) {
        EXPECT_EQ(split_in_name(name), "train") << name;
    }
    for (const char* name : {"val", "valid", "VALIDATION", "val2017", "dev", "ILSVRC2012_img_val", "valSet"}) {
        EXPECT_EQ(split_in_name(name), "val") << name;
    }
    for (const char* name : {"test", "testing", "test1", "t10k-images-idx3-ubyte", "seg_test", "testA", "test_set"}) {
        EXPECT_EQ(split_in_name(name), "test") << name;
    }
    EXPECT_EQ(split_in_name("unlabelled"), "unlabeled");
}

TEST(SplitNames, WordsThatOnlyHoldTheirLettersAreOthers) {
    for (const char* name : {"strain", "latest", "valley", "contest", "trainer", "testy", "device", "medieval",
                             "dataset", "intraining", "", ".", "héval", "retrain2"}) {
        EXPECT_EQ(split_in_name(name), "") << name;
    }
}

TEST(SplitNames, OfTwoWordsNoneCounts) {
    EXPECT_EQ(split_in_name("train_test_split"), "");
    EXPECT_EQ(split_in_name("train_of_train"), "train");
}

TEST(SplitNames, OfAPathTheLastPartThatHasAWordCounts) {
    EXPECT_EQ(split_in_name("train_and_test/val/part-0.tar"), "val");
    EXPECT_EQ(split_in_name("my_test/train-000.tar"), "train");
    EXPECT_EQ(split_in_name("/data/test/part-000.tar"), "test");
}

TEST(SplitNames, ThePlaceOfTheWordIsTold) {
    const auto word = split_word("ILSVRC2012_img_Train7");
    ASSERT_TRUE(word);
    EXPECT_EQ(word->split, "train");
    EXPECT_EQ(word->begin, 15U);
    EXPECT_EQ(word->size, 5U);
    EXPECT_EQ(split_word("xtrain")->begin, 1U);
}

TEST(SplitNames, TheTrainingSplitStandsFirst) {
    const std::set<std::string, SplitOrder> splits = {"fold", "unlabeled", "test", "val", "train"};
    EXPECT_EQ(std::vector<std::string>(splits.begin(), splits.end()),
              (std::vector<std::string>{"train", "val", "test", "unlabeled", "fold"}));
}

} // namespace
} // namespace tacit::shards
