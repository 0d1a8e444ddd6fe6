// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/chunks/chunk_index.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/shards/hdf5/raw/metadata.hpp"
#include "tests/pipeline/shards/hdf5/library_chunks.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

namespace tacit::shards::h5 {
namespace {

constexpr hsize_t kNone = H5S_UNLIMITED;

/// A data set of bytes whose chunk index is of some kind.
struct Case {
    std::string name;
    bool latest = true; ///< the newest file format
    std::vector<hsize_t> dims;
    std::vector<hsize_t> most;
    std::vector<hsize_t> chunk;
    bool gzip = false;
    double written = 1; ///< share of the chunks
    bool early = false; ///< all chunks have a place in the file from the beginning
    hsize_t user_block = 0;
    bool plain_edges = false;
};

void PrintTo(const Case& value, std::ostream* out) {
    *out << value.name;
}

void write_chunks(hid_t dataset, const Case& what) {
    std::mt19937 random(7); // NOLINT: the same file each time
    std::vector<std::uint64_t> grid;
    std::uint64_t count = 1;
    for (std::size_t i = 0; i < what.dims.size(); ++i) {
        grid.push_back((what.dims[i] + what.chunk[i] - 1) / what.chunk[i]);
        count *= grid.back();
    }
    std::vector<std::uint64_t> order(count);
    std::iota(order.begin(), order.end(), std::uint64_t{0});
    std::shuffle(order.begin(), order.end(), random);
    order.resize(static_cast<std::size_t>(what.written * static_cast<double>(count)));
    const hsize_t bytes = std::accumulate(what.chunk.begin(), what.chunk.end(), hsize_t{1}, std::multiplies<>());
    std::vector<std::uint8_t> data(2 * bytes);
    for (std::uint64_t number : order) {
        const std::size_t length = what.gzip && !what.plain_edges ? 1 + number % (2 * bytes) : bytes; // any will do
        std::generate(data.begin(), data.end(), [&] { return static_cast<std::uint8_t>(random()); });
        std::vector<hsize_t> origin(grid.size());
        for (std::size_t i = grid.size(); i-- > 0; number /= grid[i]) {
            origin[i] = number % grid[i] * what.chunk[i];
        }
        const auto mask = static_cast<std::uint32_t>(what.gzip ? origin[0] % 2 : 0);
        ASSERT_GE(H5Dwrite_chunk(dataset, H5P_DEFAULT, mask, origin.data(), length, data.data()), 0);
    }
}

void write_case(const std::string& path, const Case& what) {
    const Handle access(H5Pcreate(H5P_FILE_ACCESS));
    if (what.latest) {
        H5Pset_libver_bounds(access.get(), H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
    }
    const Handle creation(H5Pcreate(H5P_FILE_CREATE));
    H5Pset_userblock(creation.get(), what.user_block);
    const Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation.get(), access.get()));
    const Handle space(H5Screate_simple(static_cast<int>(what.dims.size()), what.dims.data(),
                                        what.most.empty() ? nullptr : what.most.data()));
    const Handle properties(H5Pcreate(H5P_DATASET_CREATE));
    H5Pset_chunk(properties.get(), static_cast<int>(what.chunk.size()), what.chunk.data());
    if (what.gzip) {
        H5Pset_deflate(properties.get(), 1);
    }
    if (what.early) {
        H5Pset_alloc_time(properties.get(), H5D_ALLOC_TIME_EARLY);
    }
    if (what.plain_edges) {
        H5Pset_chunk_opts(properties.get(), H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS);
    }
    const Handle dataset(
        H5Dcreate2(file.get(), "x", H5T_STD_U8LE, space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT));
    ASSERT_TRUE(dataset.valid());
    write_chunks(dataset.get(), what);
}

/// The chunks of data set x, by our own walk or by the library's.
StoredArray chunks_of(const std::string& path, const std::vector<hsize_t>& chunk, bool own) {
    const FileBytes bytes(path);
    const Handle file = open_file(path);
    const Handle dataset = checked(H5Dopen2(file.get(), "x", H5P_DEFAULT), path);
    StoredArray array;
    const std::vector<hsize_t> dims = dimensions(dataset.get());
    array.shape.assign(dims.begin(), dims.end());
    array.chunk.assign(chunk.begin(), chunk.end());
    ChunkTable table(array, bytes.size(), false);
    if (own && !list_chunks(dataset.get(), bytes, table)) {
        throw DataError("written in an unknown way");
    }
    if (!own) {
        list_chunks_by_library(dataset.get(), table);
    }
    return array;
}

/// Each chunk as libhdf5 reads it, without going through filters, is what lies where `array` says.
void expect_stored(const std::string& path, const StoredArray& array) {
    const FileBytes bytes(path);
    const Handle file = open_file(path);
    const Handle dataset = checked(H5Dopen2(file.get(), "x", H5P_DEFAULT), path);
    std::vector<hsize_t> origin(array.shape.size(), 0);
    for (std::size_t number = 0; number < array.chunks.size(); ++number) {
        const StoredChunk& chunk = array.chunks[number];
        std::size_t rest = number;
        for (std::size_t i = origin.size(); i-- > 0;) {
            const std::size_t along = (array.shape[i] + array.chunk[i] - 1) / array.chunk[i];
            origin[i] = rest % along * array.chunk[i];
            rest /= along;
        }
        hsize_t size = 0;
        H5Dget_chunk_storage_size(dataset.get(), origin.data(), &size);
        ASSERT_EQ(chunk.bytes, size) << "chunk " << number;
        if (size == 0) {
            continue;
        }
        std::vector<std::uint8_t> theirs(size);
        std::vector<std::uint8_t> ours(size);
        std::uint32_t mask = 0;
        ASSERT_GE(H5Dread_chunk(dataset.get(), H5P_DEFAULT, origin.data(), &mask, theirs.data()), 0);
        bytes.read(chunk.address, ours.data(), ours.size());
        ASSERT_EQ(ours, theirs) << "chunk " << number;
        ASSERT_EQ(chunk.mask, mask) << "chunk " << number;
    }
}

class ChunkIndex : public ::testing::TestWithParam<Case> {};

TEST_P(ChunkIndex, FindsEveryChunk) {
    const Session session;
    const TemporaryFolder folder;
    const Case& what = GetParam();
    write_case(folder / "a.h5", what);
    const StoredArray found = chunks_of(folder / "a.h5", what.chunk, true);
    expect_stored(folder / "a.h5", found);
    const auto written = std::count_if(found.chunks.begin(), found.chunks.end(),
                                       [](const StoredChunk& chunk) { return chunk.address != kNoAddress; });
    const auto all = static_cast<double>(found.chunks.size());
    EXPECT_EQ(written, static_cast<std::ptrdiff_t>(what.early ? all : what.written * all));
}

TEST(ChunkIndexByLibrary, FindsEveryChunk) {
    const Session session;
    const TemporaryFolder folder;
    for (const Case& what : {Case{"holes", false, {90, 9}, {}, {2, 2}, true, 0.3},
                             Case{"user_block", false, {100, 3}, {}, {1, 2}, false, 1, false, 1024},
                             Case{"fixed_array", true, {70, 9}, {}, {4, 4}, true}}) {
        write_case(folder / what.name, what);
        expect_stored(folder / what.name, chunks_of(folder / what.name, what.chunk, false));
    }
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, ChunkIndex,
    ::testing::Values(Case{"btree1_one_level", false, {40, 6}, {}, {2, 6}},
                      Case{"btree1_two_levels", false, {900, 6}, {}, {1, 4}},
                      Case{"btree1_gzip", false, {300, 6}, {kNone, kNone}, {1, 4}, true},
                      Case{"btree1_holes", false, {500, 9}, {}, {2, 2}, true, 0.3},
                      Case{"btree1_user_block", false, {100, 3}, {}, {1, 2}, false, 1, false, 1024},
                      Case{"btree1_nothing_written", false, {100, 3}, {}, {1, 2}, false, 0},
                      Case{"single", true, {6, 5}, {}, {6, 5}}, Case{"single_gzip", true, {6, 5}, {}, {6, 5}, true},
                      Case{"implicit", true, {50, 9}, {}, {4, 4}, false, 1, true},
                      Case{"implicit_that_may_grow", true, {50, 9}, {60, 20}, {4, 4}, false, 1, true},
                      Case{"fixed_array", true, {70, 9}, {}, {4, 4}},
                      Case{"fixed_array_gzip", true, {70, 9}, {}, {4, 4}, true},
                      Case{"fixed_array_that_may_grow", true, {30, 9}, {50, 21}, {4, 4}, true, 0.5},
                      Case{"fixed_array_pages", true, {5000, 2}, {}, {2, 1}},
                      Case{"fixed_array_pages_holes", true, {9000, 2}, {}, {2, 1}, true, 0.002},
                      Case{"fixed_array_user_block", true, {5000, 2}, {}, {2, 1}, false, 1, false, 4096},
                      Case{"extensible_array_direct", true, {3, 4}, {kNone, 4}, {1, 4}},
                      Case{"extensible_array_blocks", true, {300, 6}, {kNone, 6}, {1, 4}},
                      Case{"extensible_array_gzip", true, {300, 6}, {kNone, 8}, {1, 4}, true},
                      Case{"extensible_array_second_dimension", true, {30, 60}, {35, kNone}, {4, 4}, true},
                      Case{"extensible_array_super_blocks", true, {9000, 2}, {kNone, 2}, {1, 2}},
                      Case{"extensible_array_pages", true, {7, 9000}, {7, kNone}, {2, 1}},
                      Case{"extensible_array_pages_holes", true, {40000, 2}, {kNone, 2}, {1, 2}, true, 0.0005},
                      Case{"btree2", true, {20, 9}, {kNone, kNone}, {4, 4}},
                      Case{"btree2_gzip", true, {200, 30}, {kNone, kNone}, {4, 4}, true},
                      Case{"btree2_holes", true, {400, 30}, {kNone, kNone}, {4, 4}, false, 0.1},
                      Case{"btree2_levels", true, {6000, 2}, {kNone, kNone}, {1, 1}, true}),
    [](const auto& which) { return which.param.name; });

TEST(ChunkIndexDamage, IsRefusedWhereverAByteIsFlipped) {
    const Session session;
    const TemporaryFolder folder;
    const std::vector<Case> cases = {Case{"btree1", false, {200, 2}, {}, {1, 2}},
                                     Case{"fixed", true, {3000, 2}, {}, {2, 1}, true},
                                     Case{"extensible", true, {600, 2}, {kNone, 2}, {1, 2}, true},
                                     Case{"btree2", true, {600, 2}, {kNone, kNone}, {1, 2}}};
    for (const Case& what : cases) {
        const std::string path = folder / (what.name + ".h5");
        write_case(path, what);
        const std::string whole = read_file(path);
        const StoredArray expected = chunks_of(path, what.chunk, true);
        int refused = 0;
        const std::size_t step = whole.size() / 100 | 1U;
        for (std::size_t place = 0; place < whole.size(); place += step) {
            std::string flipped = whole;
            flipped[place] = static_cast<char>(~flipped[place]);
            testing::write_bytes(path, {flipped.begin(), flipped.end()});
            try {
                const StoredArray got = chunks_of(path, what.chunk, true);
                EXPECT_EQ(got.chunks.size(), expected.chunks.size());
            } catch (const Error&) {
                ++refused;
            }
        }
        EXPECT_GT(refused, 5) << what.name;
    }
}

TEST(ChunkIndexDamage, FlippedByteOfAChecksummedIndexIsFound) {
    const Session session;
    const TemporaryFolder folder;
    const Case what{"extensible", true, {600, 2}, {kNone, 2}, {1, 2}, true};
    const std::string path = folder / "a.h5";
    write_case(path, what);
    std::string bytes = read_file(path);
    const std::size_t block = bytes.find("EADB");
    ASSERT_NE(block, std::string::npos);
    bytes[block + 30] = static_cast<char>(~bytes[block + 30]);
    testing::write_bytes(path, {bytes.begin(), bytes.end()});
    EXPECT_NE(message_of<DataError>([&] { chunks_of(path, what.chunk, true); }).find("checksum differs"),
              std::string::npos);
}

TEST(ChunkIndexDamage, TreeThatLeadsBackToItselfEnds) {
    const Session session;
    const TemporaryFolder folder;
    const Case what{"btree1", false, {900, 2}, {}, {1, 2}};
    const std::string path = folder / "a.h5";
    write_case(path, what);
    std::string bytes = read_file(path);
    for (std::size_t node = bytes.find("TREE"); node != std::string::npos; node = bytes.find("TREE", node + 1)) {
        if (bytes[node + 4] == 1 && bytes[node + 5] == 1) { // the root of the chunks, above the leaves
            const std::uint64_t own = node;
            std::copy_n(reinterpret_cast<const char*>(&own), sizeof(own),
                        bytes.begin() + static_cast<long>(node) + 24 + 32);
        }
    }
    testing::write_bytes(path, {bytes.begin(), bytes.end()});
    EXPECT_NE(message_of<DataError>([&] { chunks_of(path, what.chunk, true); }).find("damaged"), std::string::npos);
}

TEST(ChunkIndexDamage, ClaimOfTooManyChunksTakesNoMemory) {
    StoredArray array;
    array.shape = {std::uint64_t{1} << 40U, 4, 4};
    array.chunk = {1, 4, 4};
    EXPECT_NE(message_of<DataError>([&] { ChunkTable(array, 5000, false); }).find("claims more than"),
              std::string::npos);
    EXPECT_TRUE(array.chunks.empty());
}

TEST(ChunkTable, EdgesWithoutFiltersAreMarked) {
    StoredArray array;
    array.shape = {5, 4};
    array.chunk = {2, 4};
    ChunkTable table(array, 5000, true);
    table.put(0, 100, 8, 0);
    table.put(2, 200, 8, 0);
    EXPECT_EQ(array.chunks[0].mask, 0U);
    EXPECT_EQ(array.chunks[2].mask, ~std::uint32_t{0});
}

TEST(MetadataChecksum, EqualsTheOneInASuperblock) {
    const Session session;
    const TemporaryFolder folder;
    write_case(folder / "a.h5", Case{"any", true, {4, 4}, {}, {4, 4}});
    const std::string bytes = read_file(folder / "a.h5");
    constexpr std::size_t kSuperblock = 44; // of version 2 and 3, without the checksum behind
    std::uint32_t stored = 0;
    std::copy_n(bytes.begin() + kSuperblock, sizeof(stored), reinterpret_cast<char*>(&stored));
    EXPECT_EQ(metadata_checksum(reinterpret_cast<const std::uint8_t*>(bytes.data()), kSuperblock), stored);
}

} // namespace
} // namespace tacit::shards::h5
