// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/dataset.hpp"
#include "tests/pipeline/shards/dataset_fixtures.hpp"
#include "tests/pipeline/shards/hdf5_files.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <numeric>

namespace tacit::shards {
namespace {

using testing::pixels_of;
using testing::spec_of;

/// Bytes of an image.
constexpr hsize_t kBytes = 12;

/// `rows` rows of a data set, each `stride`-th from `first` on; stride 0: all, uncounted, as h5py's VirtualSource
/// without a selection.
struct Source {
    std::string file;
    std::string name;
    hsize_t rows = 0;
    hsize_t stride = 0;
    hsize_t first = 0;
};

std::vector<hsize_t> shape_of(hsize_t rows, bool images) {
    return images ? std::vector<hsize_t>{rows, 2, 2, 3} : std::vector<hsize_t>{rows};
}

/// A file with a virtual data set of the sources' rows, one source after the other.
void write_virtual(const std::string& path, const std::string& name, const std::vector<Source>& sources, bool images,
                   hid_t type = H5T_NATIVE_UINT8) {
    const h5::Session session;
    const h5::Handle file(std::filesystem::exists(path)
                              ? H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT)
                              : H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    const h5::Handle properties(H5Pcreate(H5P_DATASET_CREATE));
    const hsize_t total = std::accumulate(sources.begin(), sources.end(), hsize_t{0},
                                          [](hsize_t sum, const Source& source) { return sum + source.rows; });
    const std::vector<hsize_t> dims = shape_of(total, images);
    const h5::Handle space(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr));
    std::vector<hsize_t> start(dims.size(), 0);
    for (const Source& source : sources) {
        const std::vector<hsize_t> block = shape_of(source.rows, images);
        const h5::Handle target(H5Scopy(space.get()));
        H5Sselect_hyperslab(target.get(), H5S_SELECT_SET, start.data(), nullptr, block.data(), nullptr);
        const std::vector<hsize_t> extent =
            shape_of(source.first + source.rows * std::max<hsize_t>(1, source.stride), images);
        const h5::Handle from(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr));
        if (source.stride > 0) {
            std::vector<hsize_t> origin(dims.size(), 0);
            origin[0] = source.first;
            std::vector<hsize_t> stride(dims.size(), 1);
            stride[0] = source.stride;
            H5Sselect_hyperslab(from.get(), H5S_SELECT_SET, origin.data(), stride.data(), block.data(), nullptr);
        }
        H5Pset_virtual(properties.get(), target.get(), source.file.c_str(), source.name.c_str(), from.get());
        start[0] += source.rows;
    }
    const h5::Handle made(
        H5Dcreate2(file.get(), name.c_str(), type, space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT));
    ASSERT_TRUE(made.valid());
}

/// A virtual data set that grows with the files a-0.h5, a-1.h5 and so on.
void write_pattern(const std::string& path) {
    const h5::Session session;
    const h5::Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    const std::vector<hsize_t> block = shape_of(2, true);
    std::vector<hsize_t> most = block;
    most[0] = H5S_UNLIMITED;
    const h5::Handle space(H5Screate_simple(4, block.data(), most.data()));
    const h5::Handle source(H5Screate_simple(4, block.data(), nullptr));
    const std::vector<hsize_t> start(4, 0);
    const std::vector<hsize_t> count{H5S_UNLIMITED, 1, 1, 1};
    H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), block.data(), count.data(), block.data());
    const h5::Handle properties(H5Pcreate(H5P_DATASET_CREATE));
    ASSERT_GE(H5Pset_virtual(properties.get(), space.get(), "a-%b.h5", "x", source.get()), 0);
    const h5::Handle made(
        H5Dcreate2(file.get(), "images", H5T_NATIVE_UINT8, space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT));
    ASSERT_TRUE(made.valid());
}

/// Images whose bytes count up from `first`, and their rows as labels.
void write_source(const std::string& path, hsize_t rows, std::uint8_t first = 0) {
    std::vector<std::uint8_t> bytes(rows * kBytes);
    std::iota(bytes.begin(), bytes.end(), first);
    std::vector<std::int64_t> labels(rows);
    std::iota(labels.begin(), labels.end(), 0);
    const testing::Hdf5File file(path);
    file.add("x", shape_of(rows, true), bytes);
    file.add("y", {rows}, labels);
}

std::string refused(const std::string& path) {
    return message_of<Error>([&] { Dataset::open(spec_of(path), "train"); });
}

std::uint8_t first_byte(const Dataset& dataset, std::int64_t image) {
    return pixels_of(dataset, image)[0];
}

class VirtualDataset : public ::testing::Test {
  protected:
    VirtualDataset() {
        std::filesystem::create_directory(folder_ / "in");
        write_source(folder_ / "in/a.h5", 2);
        write_source(folder_ / "in/b.h5", 4, 100);
        write_source(folder_ / "out.h5", 2);
    }
    std::string path(const std::string& name = "all.h5") const { return folder_ / ("in/" + name); }
    void write(const std::vector<Source>& sources, bool images = true, hid_t type = H5T_NATIVE_UINT8) const {
        write_virtual(path(), images ? "images" : "labels", sources, images, type);
    }

    TemporaryFolder folder_;
};

TEST_F(VirtualDataset, WholeSourcesAreReadWhereTheyLie) {
    write({{"a.h5", "x", 2}, {"b.h5", "x", 4}});
    const DatasetIndex index = index_dataset(spec_of(path()), "train");
    ASSERT_EQ(index.files[0].parts.size(), 2U);
    for (const ImagePart& part : index.files[0].parts) {
        EXPECT_EQ(part.array->layout, StoredArray::Layout::contiguous);
    }
    const Dataset dataset(index);
    EXPECT_EQ(dataset.info().size, 6);
    EXPECT_EQ(first_byte(dataset, 1), kBytes);
    EXPECT_EQ(first_byte(dataset, 2), 100);
}

TEST_F(VirtualDataset, NeighbouringRowsOfASourceAreOnePart) {
    write({{"b.h5", "x", 1, 1, 0}, {"b.h5", "x", 2, 1, 1}, {"b.h5", "x", 1, 1, 0}});
    const DatasetIndex index = index_dataset(spec_of(path()), "train");
    ASSERT_EQ(index.files[0].parts.size(), 2U);
    EXPECT_EQ(index.files[0].parts[0].count, 3);
    const Dataset dataset(index);
    EXPECT_EQ(first_byte(dataset, 2), 100 + 2 * kBytes);
    EXPECT_EQ(first_byte(dataset, 3), 100);
}

TEST_F(VirtualDataset, MessagesCountTheImagesOfTheSource) {
    write({{"a.h5", "x", 2}, {"b.h5", "x", 2, 1, 2}});
    const Dataset dataset = Dataset::open(spec_of(path()), "train");
    EXPECT_EQ(first_byte(dataset, 2), 100 + 2 * kBytes);
    EXPECT_NE(dataset.name(1).find("a.h5: x: image 1"), std::string::npos) << dataset.name(1);
    EXPECT_NE(dataset.name(3).find("b.h5: x: image 3"), std::string::npos) << dataset.name(3);
}

TEST_F(VirtualDataset, SourceOfAnotherTypeIsConverted) {
    write({{"a.h5", "x", 2}, {"b.h5", "x", 4}}, true, H5T_NATIVE_UINT16);
    DataSpec spec = spec_of(path());
    spec.range = {0, 255};
    const Dataset dataset = Dataset::open(spec, "train");
    EXPECT_EQ(dataset.info().element, Element::u16);
    SampleBuffer buffer;
    const StoredImage stored = dataset.stored(2, buffer);
    ASSERT_EQ(stored.bytes.size(), 2 * kBytes);
    EXPECT_EQ(stored.bytes[0] + 256 * stored.bytes[1], 100);
}

TEST_F(VirtualDataset, MissingSourceIsNoFillValue) {
    for (const hsize_t stride : {hsize_t{0}, hsize_t{2}}) {
        std::filesystem::remove(path());
        write({{"a.h5", "x", 2}, {"gone.h5", "x", 2, stride}});
        EXPECT_NE(refused(path()).find("gone.h5"), std::string::npos) << refused(path());
        std::filesystem::remove(path());
        write({{"a.h5", "x", 2}, {"b.h5", "misspelt", 2, stride}});
        EXPECT_NE(refused(path()).find("/misspelt: there is no such object"), std::string::npos) << refused(path());
    }
}

TEST_F(VirtualDataset, SourceOutsideOfTheFolderIsRefusedUnlessItIsARoot) {
    for (const hsize_t stride : {hsize_t{0}, hsize_t{2}}) {
        std::filesystem::remove(path());
        write({{"a.h5", "x", 2}, {"../out.h5", "x", stride == 0 ? hsize_t{2} : 1, stride}});
        EXPECT_NE(refused(path()).find("data.roots"), std::string::npos) << refused(path());
        DataSpec spec = spec_of(path());
        spec.roots = {folder_.path()};
        EXPECT_EQ(first_byte(Dataset::open(spec, "train"), 2), 0);
    }
}

TEST_F(VirtualDataset, LabelsAreLookedAtLikeImages) {
    write({{"a.h5", "x", 2}});
    write({{"../out.h5", "y", 2}}, false);
    EXPECT_NE(refused(path()).find("data.roots"), std::string::npos) << refused(path());
    DataSpec spec = spec_of(path());
    spec.roots = {folder_.path()};
    EXPECT_EQ(Dataset::open(spec, "train").labels(), (std::vector<std::int32_t>{0, 1}));
}

TEST_F(VirtualDataset, NestedSourcesAreLookedAt) {
    write_virtual(path("inner.h5"), "x", {{"../out.h5", "x", 2}}, true);
    write({{"inner.h5", "x", 2}});
    EXPECT_NE(refused(path()).find("data.roots"), std::string::npos) << refused(path());
}

TEST_F(VirtualDataset, OneThatIsMadeOfItselfIsRefused) {
    write({{"all.h5", "images", 2}});
    EXPECT_NE(refused(path()).find("made of itself"), std::string::npos) << refused(path());
    write_virtual(path("one.h5"), "images", {{"two.h5", "x", 2}}, true);
    write_virtual(path("two.h5"), "x", {{"one.h5", "images", 2}}, true);
    EXPECT_NE(refused(path("one.h5")).find("made of itself"), std::string::npos) << refused(path("one.h5"));
}

TEST_F(VirtualDataset, SourcesNamedByAPatternAreRefused) {
    write({{"a-%%.h5", "x", 2}});
    std::filesystem::copy_file(path("a.h5"), path("a-%.h5"));
    EXPECT_EQ(first_byte(Dataset::open(spec_of(path()), "train"), 1), kBytes);
    write_pattern(path("pattern.h5"));
    EXPECT_NE(refused(path("pattern.h5")).find("by a pattern"), std::string::npos) << refused(path("pattern.h5"));
}

TEST(ExternalStorage, IsRefusedForLabelsToo) {
    const TemporaryFolder folder;
    testing::write_foreign(folder / "x.h5", "images", {2, 2, 2, 3}, nullptr);
    {
        const h5::Session session;
        const h5::Handle file(H5Fopen((folder / "x.h5").c_str(), H5F_ACC_RDWR, H5P_DEFAULT));
        const h5::Handle properties(H5Pcreate(H5P_DATASET_CREATE));
        H5Pset_external(properties.get(), "/etc/hostname", 0, 2);
        const hsize_t rows = 2;
        const h5::Handle space(H5Screate_simple(1, &rows, nullptr));
        const h5::Handle made(H5Dcreate2(file.get(), "labels", H5T_NATIVE_UINT8, space.get(), H5P_DEFAULT,
                                         properties.get(), H5P_DEFAULT));
        ASSERT_TRUE(made.valid());
    }
    EXPECT_NE(refused(folder / "x.h5").find("without a format"), std::string::npos) << refused(folder / "x.h5");
}

} // namespace
} // namespace tacit::shards
