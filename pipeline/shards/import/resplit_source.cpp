// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/resplit_source.hpp"

#include "pipeline/shards/splits/split_names.hpp"

#include <map>
#include <utility>

namespace tacit::shards {
namespace {

class ResplitSource final : public ImageSource {
  public:
    ResplitSource(std::unique_ptr<ImageSource> source, const std::vector<std::string>& splits)
        : source_(std::move(source)) {
        std::map<std::string, std::vector<std::int64_t>, SplitOrder> places;
        for (std::size_t i = 0; i < splits.size(); ++i) {
            places[splits[i]].push_back(static_cast<std::int64_t>(i));
        }
        places.erase("");
        info = source_->info;
        info.splits.clear();
        info.labels.clear();
        for (const auto& [split, its] : places) {
            for (const std::int64_t place : its) {
                info.add_images(split, {source_->info.label(place)});
                order_.push_back(place);
            }
        }
    }
    void read(std::int64_t image, SourceImage& out) const override { source_->read(at(image), out); }
    void read_head(std::int64_t image, std::size_t bytes, SourceImage& out) const override {
        source_->read_head(at(image), bytes, out);
    }
    std::string key(std::int64_t image) const override { return source_->key(at(image)); }
    std::string name(std::int64_t image) const override { return source_->name(at(image)); }

  private:
    std::int64_t at(std::int64_t image) const { return order_[static_cast<std::size_t>(image)]; }

    std::unique_ptr<ImageSource> source_;
    std::vector<std::int64_t> order_;
};

} // namespace

std::unique_ptr<ImageSource> in_splits(std::unique_ptr<ImageSource> source, const std::vector<std::string>& splits) {
    return std::make_unique<ResplitSource>(std::move(source), splits);
}

} // namespace tacit::shards
