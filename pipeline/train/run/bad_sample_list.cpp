// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/run/bad_sample_list.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/json_text.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/reason.hpp"
#include "pipeline/train/machine/agreement.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <exception>
#include <filesystem>
#include <map>

namespace tacit::train {
namespace {

using Json = nlohmann::ordered_json;
using Listed = std::map<std::int64_t, std::string>;

Json json_of(const Listed& listed) {
    Json json = Json::array();
    for (const auto& [sample, message] : listed) {
        json.push_back({{"image", sample}, {"message", message}});
    }
    return json;
}

std::string text_of(const Json& json, int indent) {
    return json_text(json, indent); // file names may be any bytes
}

void add(const std::string& text, Listed& listed) {
    for (const Json& entry : Json::parse(text)) {
        listed.emplace(entry.at("image").get<std::int64_t>(), entry.at("message").get<std::string>());
    }
}

void add_earlier(const std::string& path, Listed& listed) {
    if (!std::filesystem::exists(path)) {
        return;
    }
    try {
        add(read_file(path), listed);
    } catch (const nlohmann::json::exception&) {
        log::warning(fmt::format("{}: is damaged; it is written anew", path));
    }
}

} // namespace

void write_bad_samples(const std::vector<loader::BadSample>& mine, std::int64_t most, const std::string& path,
                       dist::Communicator& comm) {
    Listed own;
    for (const loader::BadSample& bad : mine) {
        own.emplace(bad.sample, bad.message);
    }
    Listed listed;
    for (const std::string& text : texts_of_ranks(text_of(json_of(own), -1), comm)) {
        add(text, listed);
    }
    on_root(comm, [&] {
        try {
            add_earlier(path, listed);
            write_file_atomically(path, text_of(json_of(listed), 2) + "\n");
        } catch (const std::exception& error) {
            log::warning(fmt::format("{}; the work goes on, and the list is written later", reason_of(error)));
        }
        if (static_cast<std::int64_t>(listed.size()) > most) {
            throw DataError(fmt::format("{}: {} images are damaged, {} are allowed (data.max_bad_samples); import them "
                                        "again, or allow more",
                                        path, listed.size(), most));
        }
    });
}

} // namespace tacit::train
