// SPDX-License-Identifier: Apache-2.0
#include "eval/features/feature_rows.hpp"
#include "eval/features/features.hpp"
#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/shards/hdf5/attributes.hpp"
#include "pipeline/train/machine/agreement.hpp"
#include "pipeline/train/run/run_paths.hpp"

#include <torch/types.h>

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

namespace tacit::eval {

namespace {

namespace h5 = shards::h5;

/// Extent [rows] or [rows, columns] of tensors.
std::vector<hsize_t> extent_of(std::int64_t rows, std::int64_t columns) {
    std::vector<hsize_t> extent = {static_cast<hsize_t>(rows)};
    if (columns > 0) {
        extent.push_back(static_cast<hsize_t>(columns));
    }
    return extent;
}

/// Reads or writes the rows [first, first + rows.size(0)) of a data set; `transfer` is H5Dread or H5Dwrite.
template <class Transfer>
bool transfer_rows(hid_t set, hid_t type, std::int64_t first, const at::Tensor& rows, const Transfer& transfer) {
    const std::vector<hsize_t> count(rows.sizes().begin(), rows.sizes().end());
    std::vector<hsize_t> start(count.size(), 0);
    start[0] = static_cast<hsize_t>(first);
    const h5::Handle space = h5::checked(H5Dget_space(set), "features");
    const h5::Handle memory =
        h5::checked(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr), "features");
    return H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr) >= 0 &&
           transfer(set, type, memory.get(), space.get()) >= 0;
}

h5::Handle create_dataset(hid_t file, const std::string& path, const char* name, hid_t type,
                          const std::vector<hsize_t>& extent) {
    const std::string where = fmt::format("{}:/{}", path, name);
    const h5::Handle space =
        h5::checked(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr), where);
    return h5::checked(H5Dcreate2(file, name, type, space.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), where);
}

void write_rows(hid_t set, const std::string& where, hid_t type, std::int64_t first, const at::Tensor& rows) {
    if (rows.size(0) > 0) {
        h5::require(transfer_rows(set, type, first, rows,
                                  [&](hid_t to, hid_t as, hid_t memory, hid_t space) {
                                      return H5Dwrite(to, as, memory, space, H5P_DEFAULT, rows.const_data_ptr());
                                  })
                        ? 0
                        : -1,
                    where);
    }
}

void write_attribute(hid_t file, const std::string& path, const char* name, const std::string& text) {
    const std::string where = fmt::format("{}: attribute {}", path, name);
    const h5::Handle type = h5::checked(H5Tcopy(H5T_C_S1), where);
    h5::require(H5Tset_size(type.get(), text.size() + 1), where);
    h5::require(H5Tset_cset(type.get(), H5T_CSET_UTF8), where);
    const h5::Handle space = h5::checked(H5Screate(H5S_SCALAR), where);
    const h5::Handle attribute =
        h5::checked(H5Acreate2(file, name, type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT), where);
    h5::require(H5Awrite(attribute.get(), type.get(), text.c_str()), where);
}

/// A features file while it is written, block by block.
class FeatureWriter {
  public:
    FeatureWriter(const std::string& path, std::int64_t rows, std::int64_t dims)
        : path_(path), file_(h5::checked(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), path)),
          features_(create_dataset(file_.get(), path, "features", H5T_NATIVE_FLOAT, extent_of(rows, dims))) {}

    void add(std::int64_t first, const at::Tensor& rows) {
        write_rows(features_.get(), path_ + ":/features", H5T_NATIVE_FLOAT, first, rows);
        crc_ = crc32c(rows.const_data_ptr(), rows.nbytes(), crc_);
    }

    void finish(const at::Tensor& labels, const at::Tensor& ids, const FeatureOrigin& origin) {
        add_column("labels", H5T_NATIVE_INT32, labels.to(torch::kInt32).contiguous());
        add_column("ids", H5T_NATIVE_INT64, ids.contiguous());
        write_attribute(file_.get(), path_, "run", origin.run);
        write_attribute(file_.get(), path_, "checkpoint", origin.checkpoint);
        write_attribute(file_.get(), path_, "split", origin.split);
        write_attribute(file_.get(), path_, "data", origin.data);
        write_attribute(file_.get(), path_, "key", origin.key);
        write_attribute(file_.get(), path_, "crc32c", fmt::format("{:08x}", crc_));
        h5::require(H5Fflush(file_.get(), H5F_SCOPE_GLOBAL), path_);
    }

  private:
    void add_column(const char* name, hid_t type, const at::Tensor& column) {
        const h5::Handle set = create_dataset(file_.get(), path_, name, type, extent_of(column.size(0), 0));
        write_rows(set.get(), path_ + ":/" + name, type, 0, column);
        crc_ = crc32c(column.const_data_ptr(), column.nbytes(), crc_);
    }

    const h5::Session session_;
    std::string path_;
    h5::Handle file_;
    h5::Handle features_;
    std::uint32_t crc_ = 0;
};

/// Headers of these files have no checksum: a damaged extent must not be what memory is asked for.
void require_in_file(const std::vector<hsize_t>& extent, std::size_t element_bytes, const std::string& path,
                     const std::string& where) {
    hsize_t room = std::filesystem::file_size(path) / element_bytes;
    for (const hsize_t size : extent) {
        if (size > room) {
            throw DataError(
                fmt::format("{}: {} elements are more than the file can hold", where, h5::shape_text(extent)));
        }
        room /= std::max<hsize_t>(size, 1);
    }
}

/// One of the data sets, read in pieces: all of it is checked, and the rows [begin, end) are kept.
class RowReader {
  public:
    RowReader(hid_t file, const std::string& path, const char* name, hid_t type, torch::Dtype dtype, std::size_t rank)
        : where_(fmt::format("{}:/{}", path, name)), set_(h5::checked(H5Dopen2(file, name, H5P_DEFAULT), where_)),
          type_(type), dtype_(dtype), extent_(h5::dimensions(set_.get())) {
        require_in_file(extent_, c10::elementSize(dtype), path, where_);
        if (extent_.size() != rank) {
            throw DataError(fmt::format("{}: {} is no shape of it", where_, h5::shape_text(extent_)));
        }
    }

    std::int64_t rows() const { return static_cast<std::int64_t>(extent_[0]); }

    at::Tensor keep(std::int64_t begin, std::int64_t end, std::uint32_t& crc) const {
        std::vector<std::int64_t> shape(extent_.begin(), extent_.end());
        shape[0] = end - begin;
        at::Tensor kept = torch::empty(shape, dtype_);
        const std::int64_t columns = shape.size() > 1 ? std::max<std::int64_t>(1, shape[1]) : 1;
        const std::int64_t most = std::max<std::int64_t>(1, kPieceElements / columns);
        for (std::int64_t first = 0; first < rows(); first += most) {
            shape[0] = std::min(most, rows() - first);
            const at::Tensor piece = torch::empty(shape, dtype_);
            if (!transfer_rows(set_.get(), type_, first, piece, [&](hid_t from, hid_t as, hid_t memory, hid_t space) {
                    return H5Dread(from, as, memory, space, H5P_DEFAULT, piece.mutable_data_ptr());
                })) {
                throw DataError(fmt::format("{}: {}", where_, h5::reason()));
            }
            crc = crc32c(piece.const_data_ptr(), piece.nbytes(), crc);
            const std::int64_t from = std::max(begin, first);
            const std::int64_t to = std::min(end, first + shape[0]);
            if (from < to) {
                kept.narrow(0, from - begin, to - from).copy_(piece.narrow(0, from - first, to - from));
            }
        }
        return kept;
    }

  private:
    static constexpr std::int64_t kPieceElements = std::int64_t{4} << 20;
    std::string where_;
    h5::Handle set_;
    hid_t type_;
    torch::Dtype dtype_;
    std::vector<hsize_t> extent_;
};

/// "" where the file lacks it, as one of an earlier Tacit may.
std::string text_of(hid_t file, const char* name, const std::string& path) {
    if (!h5::has_attribute(file, name, path)) {
        return "";
    }
    const std::vector<std::string> texts = h5::text_attribute(file, name, path);
    return texts.empty() ? "" : texts.front();
}

Features read_verified(hid_t file, const std::string& path, const std::string& checksum, int rank, int ranks) {
    const RowReader values(file, path, "features", H5T_NATIVE_FLOAT, torch::kFloat32, 2);
    const RowReader labels(file, path, "labels", H5T_NATIVE_INT32, torch::kInt32, 1);
    const RowReader ids(file, path, "ids", H5T_NATIVE_INT64, torch::kInt64, 1);
    if (values.rows() != labels.rows() || values.rows() != ids.rows()) {
        throw DataError("its features, labels and ids are not equally many");
    }
    const auto [begin, end] = share_of_rank(values.rows(), rank, ranks);
    std::uint32_t crc = 0;
    Features kept;
    kept.values = values.keep(begin, end, crc);
    kept.labels = labels.keep(begin, end, crc).to(torch::kInt64);
    kept.ids = ids.keep(begin, end, crc);
    if (fmt::format("{:08x}", crc) != checksum) {
        throw DataError("its features are not what its checksum says");
    }
    return kept;
}

} // namespace

std::optional<Features> read_features(const std::string& path, const std::string& key, int rank, int ranks) {
    std::error_code failed;
    if (!std::filesystem::is_regular_file(path, failed)) {
        return std::nullopt;
    }
    try {
        const h5::Session session;
        const h5::Handle file = h5::open_file(path);
        const std::string checksum = text_of(file.get(), "crc32c", path);
        if (checksum.empty() || text_of(file.get(), "key", path) != key) {
            return std::nullopt;
        }
        return read_verified(file.get(), path, checksum, rank, ranks);
    } catch (const Error& error) {
        throw DataError(fmt::format("{} is damaged ({})", path, error.what()));
    } catch (const std::exception&) { // of a library, in its own words
        throw DataError(fmt::format("{} is damaged (it cannot be read)", path));
    }
}

std::vector<KeptFeatures> kept_features(const std::string& folder) {
    std::vector<KeptFeatures> all;
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
        const std::string path = entry.path().string();
        if (entry.path().extension() != ".h5") {
            continue;
        }
        try {
            const h5::Session session;
            const h5::Handle file = h5::open_file(path);
            const h5::Handle set = h5::checked(H5Dopen2(file.get(), "labels", H5P_DEFAULT), path);
            const auto text = [&](const char* name) { return text_of(file.get(), name, path); };
            all.push_back({path,
                           {text("run"), text("checkpoint"), text("split"), text("data"), text("key")},
                           static_cast<std::int64_t>(h5::dimensions(set.get()).at(0))});
        } catch (const std::exception&) {
            continue; // the command that needs it says so and makes it anew
        }
    }
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    return all;
}

void write_features(const std::string& path, const Features& features, const FeatureOrigin& origin,
                    dist::Communicator& comm) {
    const at::Tensor labels = gathered(features.labels, comm);
    const at::Tensor ids =
        features.ids.defined() ? gathered(features.ids, comm) : torch::arange(labels.size(0), torch::kInt64);
    const std::string partial = temporary_path(path);
    std::optional<FeatureWriter> writer;
    std::exception_ptr failure; // of rank 0, which must see all blocks before it may say so
    const auto attempt = [&](const std::function<void()>& work) {
        if (comm.rank() == 0 && !failure) {
            try {
                work();
            } catch (...) {
                failure = std::current_exception();
            }
        }
    };
    attempt([&] {
        train::make_folder(std::filesystem::path(path).parent_path());
        writer.emplace(partial, labels.size(0), features.values.size(1));
    });
    for_each_block(features.values, comm,
                   [&](std::int64_t first, const at::Tensor& rows) { attempt([&] { writer->add(first, rows); }); });
    attempt([&] {
        writer->finish(labels, ids, origin);
        writer.reset();
        fsync_path(partial);
        rename_durably(partial, path);
    });
    train::on_root(comm, [&] {
        if (failure) {
            writer.reset();
            std::error_code ignored;
            std::filesystem::remove(partial, ignored);
            std::rethrow_exception(failure);
        }
    });
}

} // namespace tacit::eval
