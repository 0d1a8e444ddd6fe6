// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset.hpp"
#include "tests/message_of.hpp"
#include "tests/pipeline/shards/dataset_fixtures.hpp"
#include "tests/pipeline/shards/guess/printed_section.hpp"
#include "tests/pipeline/shards/hdf5_files.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"
#include "tests/pipeline/shards/reading_fixtures.hpp"
#include "tests/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
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

TEST(SampleGroups, WithSeveralValuesOfAnEnumerationHaveNoLabels) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        const h5::Handle type(H5Tenum_create(H5T_STD_I8LE));
        const std::array<std::int8_t, 3> values = {0, 1, 2};
        for (std::size_t i = 0; i < 3; ++i) {
            H5Tenum_insert(type.get(), std::array{"ant", "bee", "cat"}.at(i), &values.at(i));
        }
        for (std::size_t i = 0; i < kSamples; ++i) {
            const std::string sample = "samples/s" + std::to_string(i);
            file.add(sample + "/image", {9, 9}, Bytes(81, static_cast<std::uint8_t>(20 * i)));
            file.add(sample + "/label", type.get(), {3}, values.data(), {});
        }
    }
    const std::string message =
        message_of<DataError>([&] { Dataset::open(spec_of(folder / "a.h5", "", "samples/*/label"), "train"); });
    EXPECT_NE(message.find("a.h5: samples: 'label' of each group: holds 3 values of an enumeration, not one; write one "
                           "for each image, or say data.labels: none"),
              std::string::npos)
        << message;
    expect_samples(Dataset::open(spec_of(folder / "a.h5"), "train"), false);
    expect_samples(Dataset::open(spec_of(folder / "a.h5", "", "none"), "train"), false);
}

/// Samples with label i % 3, and `name`: i % 4 or, if they are to tell the same, (i + 1) % 3; as a number or a text.
void write_two(const std::string& path, const std::string& name, bool same) {
    const Hdf5File file(path);
    write_samples(file, "", {}, kSamples);
    for (int i = 0; i < kSamples; ++i) {
        const int other = same ? (i + 1) % 3 : i % 6 / 2;
        const std::string set = "s" + std::to_string(i) + "/" + name;
        if (name == "species") {
            file.add(set, {}, std::vector<std::string>{"bird " + std::to_string(other)});
        } else {
            file.add(set, {}, Bytes(1, static_cast<std::uint8_t>(other)));
        }
    }
}

TEST(SampleGroups, WithTwoLabelsEachAreAskedFor) {
    for (const std::string other : {"target", "label_id", "species"}) {
        const TemporaryFolder folder;
        write_two(folder / "a.h5", other, false);
        const std::string message = message_of<DataError>([&] { Dataset::open(spec_of(folder / "a.h5"), "train"); });
        EXPECT_NE(message.find("'*/label' may be the labels of '/', but '*/" + other +
                               "' holds other labels (`labels: "
                               "'*/label'`, or `labels: '*/" +
                               other + "'`; --labels)"),
                  std::string::npos)
            << message;
        expect_samples(Dataset::open(spec_of(folder / "a.h5", "*/image", "*/label"), "train"));
        write_two(folder / "same.h5", other, true);
        expect_samples(Dataset::open(spec_of(folder / "same.h5"), "train"));
    }
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

TEST(SampleGroups, BesideAGroupThatIsNoneAreReadAndThisIsNamed) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        write_samples(file, "", {}, kSamples);
        file.add("meta/mean", {3}, Bytes(3, 1));
    }
    const std::string left_out = "a.h5: groups without images beside those that hold some are left out (1): meta";
    ::testing::internal::CaptureStderr();
    const std::vector<std::string> notes = inspect(folder / "a.h5", kWithoutMeasuring).notes;
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), ""); // a note says it, once
    EXPECT_EQ(std::count_if(notes.begin(), notes.end(), [&](auto& note) { return mentions({note}, left_out); }), 1);
    EXPECT_NE(warning_of(spec_of(folder / "a.h5")).find(left_out), std::string::npos);
    expect_samples(Dataset::open(spec_of(folder / "a.h5", "*/image", "*/label"), "train"));
    const TemporaryFolder out;
    EXPECT_TRUE(mentions(packed(folder / "a.h5", out / "packed").notes, left_out)); // and so in --json
    const std::string none =
        message_of<DataError>([&] { Dataset::open(spec_of(folder / "a.h5", "*/photo"), "train"); });
    EXPECT_NE(none.find("a.h5: /: none of its groups holds 'photo'"), std::string::npos) << none;
}

TEST(SampleGroups, BesideAListAreFoundWhereverItStands) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        write_samples(file, "data/", {}, kSamples);
        add<std::int64_t>(file, "data/labels", {kSamples}, 3);
    }
    expect_samples(Dataset::open(spec_of(folder / "a.h5"), "train"));
}

TEST(SampleGroups, MayBeOneLevelDeeper) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        for (int i = 0; i < kSamples; ++i) {
            const std::string visit = "patient" + std::to_string(i / 4) + "/visit" + std::to_string(i % 4) + "/";
            file.add(visit + "image", {9, 9}, Bytes(81, static_cast<std::uint8_t>(20 * i)));
            file.add(visit + "label", {}, Bytes(1, static_cast<std::uint8_t>(i % 3)));
        }
    }
    const std::string message = message_of<DataError>([&] { Dataset::open(spec_of(folder / "a.h5"), "train"); });
    EXPECT_NE(message.find("samples lie in 'patient0' and in 'patient1'; if these are splits, say images: "
                           "'{split}/*/image', and if all belong together, images: '*/*/image'"),
              std::string::npos)
        << message;
    for (const std::string labels : {"", "*/*/label"}) {
        expect_samples(Dataset::open(spec_of(folder / "a.h5", "*/*/image", labels), "train"));
    }
}

TEST(SampleGroups, MayHaveLabelsInColumns) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        write_samples(file, "", {}, 0);
        for (int i = 0; i < kSamples; ++i) {
            std::vector<double> row(3, 0);
            row[static_cast<std::size_t>(i % 3)] = 1;
            file.add("s" + std::to_string(i) + "/label", {3}, row);
        }
    }
    expect_samples(Dataset::open(spec_of(folder / "a.h5"), "train"));
}

TEST(GroupsOfClasses, BesideAGroupWithoutImagesAreReadAndThisIsNamed) {
    const TemporaryFolder folder;
    {
        const Hdf5File file(folder / "a.h5");
        for (const std::string image : {"ant/0", "ant/1", "bee/2", "bee/3"}) {
            file.add(image, {9, 9}, Bytes(81, 1));
        }
        file.add("meta/version", {}, std::vector<std::string>{"1.0"});
    }
    const DataSpec spec = spec_of(folder / "a.h5", "/", "group");
    EXPECT_NE(warning_of(spec).find("are left out (1): meta"), std::string::npos);
    const PrintedSection section = printed(folder / "a.h5");
    EXPECT_EQ(section.spec.images, "/");
    EXPECT_EQ(section.spec.labels, "group");
    EXPECT_EQ(Dataset::open(spec, "train").info().classes, (std::vector<std::string>{"ant", "bee"}));
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
