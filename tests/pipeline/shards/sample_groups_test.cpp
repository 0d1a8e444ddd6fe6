// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset.hpp"
#include "tests/message_of.hpp"
#include "tests/pipeline/shards/dataset_fixtures.hpp"
#include "tests/pipeline/shards/hdf5_files.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"
#include "tests/pipeline/shards/printed_section.hpp"
#include "tests/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <array>
#include <numeric>
#include <string>
#include <vector>

namespace tacit::shards {
namespace {

using testing::Hdf5File;
using testing::pixels_of;

using Bytes = std::vector<std::uint8_t>;
using Numbers = std::vector<std::int32_t>;

constexpr int kSamples = 12;

/// Sample i under `before`s<i>: an image of 20 i everywhere, a mask, and label i % 3.
void write_samples(const Hdf5File& file, const std::string& before, const std::vector<hsize_t>& label, int labels) {
    for (int i = 0; i < kSamples; ++i) {
        const std::string sample = before + "s" + std::to_string(i) + "/";
        file.add(sample + "image", {9, 9}, Bytes(81, static_cast<std::uint8_t>(20 * i)));
        file.add(sample + "mask", {9, 9}, Bytes(81, 255));
        if (i < labels) {
            file.add(sample + "label", label, Bytes(1, static_cast<std::uint8_t>(i % 3)));
        }
    }
}

DataSpec spec_of(const std::string& path, const std::string& images = "", const std::string& labels = "") {
    DataSpec spec;
    spec.path = path;
    spec.images = images;
    spec.labels = labels;
    return spec;
}

void expect_samples(const Dataset& dataset, bool labelled = true) {
    ASSERT_EQ(dataset.info().size, kSamples);
    for (std::int64_t i = 0; i < kSamples; ++i) {
        EXPECT_EQ(pixels_of(dataset, i), Bytes(81, static_cast<std::uint8_t>(20 * i)));
        EXPECT_EQ(dataset.labels().at(static_cast<std::size_t>(i)), labelled ? i % 3 : -1);
    }
}

TEST(SampleGroups, AreImagesWithTheirLabels) {
    for (const std::string group : {"", "samples/", "data/", "images/"}) { // of any, and of known names
        for (const std::vector<hsize_t>& label : {std::vector<hsize_t>{}, std::vector<hsize_t>{1}}) {
            const TemporaryFolder folder;
            write_samples(Hdf5File(folder / "a.h5"), group, label, kSamples);
            expect_samples(Dataset::open(spec_of(folder / "a.h5"), "train"));
            expect_samples(Dataset::open(spec_of(folder / "a.h5", group + "*/image"), "train"));
            const PrintedSection section = printed(folder / "a.h5");
            EXPECT_EQ(section.spec.images, group + "*/image");
            expect_samples(opened(section, section.train));
        }
    }
}

TEST(SampleGroups, WithoutALabelEachAreRefused) {
    const TemporaryFolder folder;
    write_samples(Hdf5File(folder / "a.h5"), "", {}, kSamples - 1);
    const std::string message = message_of<DataError>([&] { Dataset::open(spec_of(folder / "a.h5"), "train"); });
    EXPECT_NE(message.find("a.h5: /: 's11' has no 'label', as others have; write one for each image (-1: no label), or "
                           "say data.labels: none"),
              std::string::npos)
        << message;
    expect_samples(Dataset::open(spec_of(folder / "a.h5", "", "none"), "train"), false);
    EXPECT_FALSE(inspect(folder / "a.h5", kWithoutMeasuring).readable);
}

TEST(SampleGroups, HaveTheNamesOfClassesThatTheFileLists) {
    for (const std::string group : {"", "samples/"}) {
        const TemporaryFolder folder;
        {
            const Hdf5File file(folder / "a.h5");
            write_samples(file, group, {}, kSamples);
            file.add_texts("/", "class_names", {"cat", "ant", "bee"});
        }
        const Dataset dataset = Dataset::open(spec_of(folder / "a.h5"), "train");
        expect_samples(dataset);
        EXPECT_EQ(dataset.info().classes, (std::vector<std::string>{"cat", "ant", "bee"}));
    }
}

TEST(SampleGroups, WithOtherEnumerationsAreRefused) {
    const auto open = [](const std::vector<const char*>& names) {
        const TemporaryFolder folder;
        {
            const Hdf5File file(folder / "a.h5");
            for (std::size_t i = 0; i < names.size(); ++i) {
                const h5::Handle type(H5Tenum_create(H5T_STD_I8LE));
                const std::array<std::int8_t, 2> values = {0, 1};
                H5Tenum_insert(type.get(), names[i], &values[0]);
                H5Tenum_insert(type.get(), "other", &values[1]);
                const std::string sample = "s" + std::to_string(i);
                file.add(sample + "/image", {9, 9}, Bytes(81, 1));
                const bool plain = *names[i] == '-';
                file.add(sample + "/label", plain ? H5T_NATIVE_INT8 : type.get(), {}, &values[i % 2], {});
            }
        }
        return Dataset::open(spec_of(folder / "a.h5"), "train").info().classes;
    };
    EXPECT_EQ(open({"cat", "cat", "cat"}), (std::vector<std::string>{"cat", "other"}));
    for (const std::vector<const char*>& names : {std::vector{"cat", "cat", "dog"}, {"cat", "cat", "-"}}) {
        const std::string message = message_of<DataError>([&] { open(names); });
        EXPECT_NE(message.find("a.h5: s2/label: its type does not name the class numbers as those of the groups "
                               "before it do (enumerations differ)"),
                  std::string::npos)
            << message;
    }
}

TEST(SampleGroups, WithTwoLabelsEachAreAskedFor) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        write_samples(file, "", {}, kSamples);
        for (int i = 0; i < kSamples; ++i) {
            file.add("s" + std::to_string(i) + "/target", {}, Bytes(1, 7));
        }
    }
    const std::string message = message_of<DataError>([&] { Dataset::open(spec_of(folder / "a.h5"), "train"); });
    EXPECT_NE(message.find("labels may be any of '*/label', '*/target'; say which it is"), std::string::npos)
        << message;
    expect_samples(Dataset::open(spec_of(folder / "a.h5", "*/image", "*/label"), "train"));
}

TEST(SampleGroups, WithOtherLabelsInAListAreAskedFor) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        write_samples(file, "", {}, kSamples);
        add<std::int64_t>(file, "labels", {kSamples}, 4);
    }
    const std::string message = message_of<DataError>([&] { Dataset::open(spec_of(folder / "a.h5"), "train"); });
    EXPECT_NE(message.find("'*/label'"), std::string::npos) << message;
    EXPECT_NE(message.find("say which it is"), std::string::npos) << message;
    expect_samples(Dataset::open(spec_of(folder / "a.h5", "*/image", "*/label"), "train"));
}

TEST(GroupImages, TablesOfFloatsAreAskedFor) {
    const TemporaryFolder folder;
    const auto write = [&](const std::string& name) {
        const Hdf5File file(folder / "a.h5");
        for (int i = 0; i < 3; ++i) {
            add<float>(file, name + std::to_string(i), {10, 16}, 251, 0.5);
        }
    };
    write("data/emb_");
    const std::string message = message_of<DataError>([&] { Dataset::open(spec_of(folder / "a.h5"), "train"); });
    EXPECT_NE(message.find("'emb_0' in 'data' (10 x 16) may be rows of features as well as a gray image; say which it "
                           "is, for example with `data: {path: "),
              std::string::npos)
        << message;
    EXPECT_EQ(Dataset::open(spec_of(folder / "a.h5", "data"), "train").info().size, 3);
    EXPECT_EQ(opened(printed(folder / "a.h5"), "train").info().size, 3);
    write("data/img_");
    EXPECT_EQ(Dataset::open(spec_of(folder / "a.h5"), "train").info().size, 3);
}

TEST(SampleGroups, BesideAGroupThatIsNoneAreRefused) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        write_samples(file, "", {}, kSamples);
        file.add("meta/mean", {3}, Bytes(3, 1));
    }
    const std::string message = message_of<DataError>([&] { Dataset::open(spec_of(folder / "a.h5"), "train"); });
    EXPECT_NE(message.find("a.h5: meta: has no 'image', as the groups beside it have"), std::string::npos) << message;
}

TEST(SampleGroups, OfSplitsAreAskedFor) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        write_samples(file, "train/", {}, kSamples);
        write_samples(file, "test/", {}, kSamples);
    }
    const std::string message = message_of<DataError>([&] { Dataset::open(spec_of(folder / "a.h5"), "train"); });
    EXPECT_NE(message.find("samples lie in 'test' and in 'train'; if these are splits, say images: '{split}/*/image'"),
              std::string::npos)
        << message;
    for (const char* split : {"train", "test"}) {
        expect_samples(Dataset::open(spec_of(folder / "a.h5", "{split}/*/image"), split));
    }
}

} // namespace
} // namespace tacit::shards
