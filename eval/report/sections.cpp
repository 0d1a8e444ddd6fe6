// SPDX-License-Identifier: Apache-2.0
#include "eval/report/sections.hpp"

#include "eval/protocols/protocol.hpp"
#include "eval/report/html.hpp"
#include "eval/report/svg_chart.hpp"
#include "models/pretext/pretext.hpp"
#include "pipeline/base/shell.hpp"
#include "pipeline/train/step/step_metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

namespace tacit::eval::report {

namespace {

std::string label_of(const RunRecord& run, const std::vector<RunRecord>& runs) {
    const auto twins =
        std::count_if(runs.begin(), runs.end(), [&](const RunRecord& other) { return other.pretext == run.pretext; });
    return run.pretext.empty() || twins > 1 ? run.name : run.pretext;
}

std::string section(const std::string& heading, const std::string& note, const std::string& body) {
    if (body.empty()) {
        return "";
    }
    const std::string under = note.empty() ? "" : "<p class='note'>" + escaped(note) + "</p>";
    return "<section><h2>" + escaped(heading) + "</h2>" + under + body + "</section>\n";
}

std::string legend(const std::vector<std::string>& names) {
    std::string html = "<ul class='legend'>";
    for (std::size_t i = 0; i < names.size(); ++i) {
        html += fmt::format("<li class='c{}'>{}</li>", i % kPaletteSize, escaped(names[i]));
    }
    return html + "</ul>";
}

/// The curves of one metric over all runs that log it, each keeping its run's colour.
std::vector<Curve> curves_of(const std::vector<RunRecord>& runs, const std::string& metric) {
    std::vector<Curve> curves;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const auto found = runs[i].metrics.find(metric);
        if (found != runs[i].metrics.end()) {
            curves.push_back({label_of(runs[i], runs), found->second, i});
        }
    }
    return curves;
}

/// Divides each curve by its first value: losses of different pretexts have different units.
void make_relative(std::vector<Curve>& curves) {
    for (Curve& curve : curves) {
        const double first = curve.points.front().second;
        for (auto& point : curve.points) {
            point.second = first != 0 ? point.second / first : point.second;
        }
    }
}

std::string explained(const models::Metric& metric) {
    return fmt::format("{}. Healthy: {}.", metric.meaning, metric.healthy);
}

std::string chart_figure(const std::string& heading, const std::vector<Curve>& curves, const std::string& caption) {
    if (curves.empty()) {
        return "";
    }
    return fmt::format("<figure><h3>{}</h3>{}<figcaption>{}</figcaption></figure>", escaped(heading),
                       line_chart(heading, "step", curves), escaped(caption));
}

/// The chart of one of the trainer's metrics.
std::string trainer_chart(const std::string& heading, std::string_view name, const std::vector<Curve>& curves) {
    const auto metrics = train::trainer_metrics();
    const auto found =
        std::find_if(metrics.begin(), metrics.end(), [&](const auto& metric) { return metric.name == name; });
    return chart_figure(heading, curves, explained(*found));
}

/// A chart for each metric of the runs' pretexts, with what each of these says of it.
std::string pretext_charts(const std::vector<RunRecord>& runs) {
    std::vector<std::pair<std::string, std::string>> captions; // by metric
    for (const models::PretextEntry& entry : models::pretexts()) {
        const bool shown =
            std::any_of(runs.begin(), runs.end(), [&](const RunRecord& run) { return run.pretext == entry.name; });
        if (!shown) {
            continue;
        }
        for (const models::Metric& metric : entry.metrics) {
            auto place = std::find_if(captions.begin(), captions.end(),
                                      [&](const auto& caption) { return caption.first == metric.name; });
            if (place == captions.end()) {
                place = captions.insert(captions.end(), {std::string(metric.name), ""});
            }
            place->second += fmt::format("{}{}: {}", place->second.empty() ? "" : " ", entry.name, explained(metric));
        }
    }
    std::string charts;
    for (const auto& [name, caption] : captions) {
        charts += chart_figure("Pretext: " + name, curves_of(runs, name), caption);
    }
    return charts;
}

std::string image(const Picture& picture, const std::string& alt) {
    return fmt::format("<img alt='{}' width='{}' height='{}' src='{}'>", escaped(alt), picture.width, picture.height,
                       data_uri("image/png", picture.png));
}

std::string joined(const std::vector<std::string>& words, const char* between) {
    std::string text;
    for (const std::string& word : words) {
        text += (text.empty() ? "" : between) + word;
    }
    return text;
}

std::string picture_figure(const Picture& picture) {
    std::string html = "<figure><h3>" + escaped(picture.title) + "</h3>" + image(picture, picture.title);
    if (!picture.columns.empty()) {
        html += "<figcaption>Columns: " + escaped(joined(picture.columns, " · ")) + "</figcaption>";
    }
    if (!picture.captions.empty()) {
        html += "<ol class='captions'>";
        for (const std::string& caption : picture.captions) {
            html += "<li>" + escaped(caption) + "</li>";
        }
        html += "</ol>";
    }
    return html + "</figure>";
}

std::string block(const std::string& heading, const std::string& body) {
    return "<div class='run'><h3>" + escaped(heading) + "</h3>" + body + "</div>";
}

} // namespace

std::string curves_section(const std::vector<RunRecord>& runs) {
    std::vector<Curve> loss = curves_of(runs, "loss");
    if (loss.empty()) {
        return "";
    }
    const bool relative = loss.size() > 1;
    if (relative) {
        make_relative(loss);
    }
    std::string charts = trainer_chart(relative ? "Loss, relative to its first value" : "Loss", "loss", loss);
    charts += pretext_charts(runs);
    charts += trainer_chart("Images per second", "images_per_second", curves_of(runs, "images_per_second"));
    charts += trainer_chart("Learning rate", "lr", curves_of(runs, "lr"));
    std::vector<std::string> names;
    std::transform(runs.begin(), runs.end(), std::back_inserter(names),
                   [&](const RunRecord& run) { return label_of(run, runs); });
    const char* note =
        relative ? "The pretexts' losses have different units, so each is divided by its first value." : "";
    return section("Training", note,
                   (runs.size() > 1 ? legend(names) : "") + "<div class='grid2'>" + charts + "</div>");
}

std::string pictures_section(const std::vector<RunRecord>& runs) {
    std::string body;
    for (const RunRecord& run : runs) {
        std::string figures;
        for (const Picture& picture : run.pictures) {
            figures += picture_figure(picture);
        }
        if (!figures.empty()) {
            body += block(label_of(run, runs), "<div class='pics'>" + figures + "</div>");
        }
    }
    return section("What the trainer saw, and what the network makes of it",
                   "Augmented views exactly as they entered the network, and the pretext task's own pictures.",
                   body.empty() ? "" : "<div class='runs'>" + body + "</div>");
}

std::string neighbours_section(const std::vector<RunRecord>& runs) {
    std::string figures;
    for (const RunRecord& run : runs) {
        if (run.neighbours) {
            const std::string label = label_of(run, runs);
            figures += "<figure><h3>" + escaped(label) + "</h3>" + image(*run.neighbours, "neighbours by " + label) +
                       "</figure>";
        }
    }
    return section("Nearest neighbours",
                   "Left: a test image. Then the test images whose features are most alike (cosine), nearest first; "
                   "green frames have the same class, red ones another. Labels were not used to find them.",
                   figures.empty() ? "" : "<div class='grid3 near'>" + figures + "</div>");
}

std::string maps_section(const std::vector<RunRecord>& runs) {
    std::string figures;
    std::vector<std::string> classes;
    std::set<std::string> methods;
    for (const RunRecord& run : runs) {
        if (run.map) {
            const std::string label = label_of(run, runs);
            figures +=
                "<figure><h3>" + escaped(label) + "</h3>" + scatter_chart("map of " + label, *run.map) + "</figure>";
            classes = run.map->classes.size() > classes.size() ? run.map->classes : classes;
            methods.insert(run.map->method);
        }
    }
    const std::string note = joined({methods.begin(), methods.end()}, "; ") +
                             ". A dot is a test image, its colour the class, which the network never saw.";
    return section("Map of the features", note,
                   figures.empty() ? "" : legend(classes) + "<div class='grid3'>" + figures + "</div>");
}

std::string protocol_section(const std::vector<RunRecord>& runs) {
    std::string rows;
    for (const RunRecord& run : runs) {
        for (const EvalResult& result : run.results) {
            for (const ResultRow& row : result.rows) {
                rows += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                                    escaped(label_of(run, runs)), escaped(result.protocol + ", " + result.data),
                                    escaped(row.name), escaped(scores_text(row, result)), escaped(details_text(row)));
            }
        }
    }
    if (rows.empty()) {
        return "";
    }
    std::string text;
    for (const ProtocolEntry& entry : protocols()) {
        const bool shown = std::any_of(runs.begin(), runs.end(), [&](const RunRecord& run) {
            return std::any_of(run.results.begin(), run.results.end(),
                               [&](const EvalResult& result) { return result.protocol == entry.name; });
        });
        if (shown) {
            text += fmt::format("<p><b>{}</b>: {}</p>", escaped(entry.heading), escaped(entry.explanation));
        }
    }
    text += "<p><b>Baselines</b>: <i>raw pixels</i> skips the network; <i>random encoder</i> is the same network "
            "untrained; <i>supervised from scratch</i> is trained from random weights with labels alone.</p>";
    return section(
        "How it was measured", "",
        text +
            "<details><summary>Settings behind every number</summary><div class='scroll'><table>"
            "<thead><tr><th>Run</th><th>Protocol</th><th>Row</th><th>Scores</th><th>Details</th></tr></thead><tbody>" +
            rows + "</tbody></table></div></details>");
}

std::string settings_section(const std::vector<RunRecord>& runs) {
    std::string body;
    for (const RunRecord& run : runs) {
        body += "<details><summary>" + escaped(run.name) + "</summary><pre>" + escaped(run.config) + "</pre>";
        if (!run.environment.empty()) {
            body += "<div class='scroll'><table><tbody>";
            for (const auto& [key, value] : run.environment) {
                body += "<tr><td class='soft'>" + escaped(key) + "</td><td>" + escaped(value) + "</td></tr>";
            }
            body += "</tbody></table></div>";
        }
        body += "</details>";
    }
    return section("Config and environment", "", body);
}

std::string reproduce_section(const std::vector<RunRecord>& runs, const std::string& out) {
    std::string lines;
    std::string here;
    std::set<std::string> seen;
    const auto add = [&](const std::string& command, const std::string& directory) {
        if (command.empty() || !seen.insert(directory + command).second) {
            return;
        }
        if (!directory.empty() && directory != here) {
            lines += shell_line({"cd", directory}) + "\n";
            here = directory;
        }
        lines += command + "\n";
    };
    std::vector<std::string> report = {"tacit", "report"};
    for (const RunRecord& run : runs) {
        add(run.launch, run.directory);
        for (const EvalResult& result : run.results) {
            const ProtocolEntry* entry = find_protocol(result.protocol);
            const std::string name = entry == nullptr ? result.protocol : entry->command;
            add(result.command.empty()
                    ? shell_line({"tacit", name, "--run", run.folder}) + " # flags and ranks were not recorded"
                    : result.command,
                result.directory);
        }
        add(run.map_command, here);
        report.push_back(run.folder);
    }
    report.insert(report.end(), {"--out", out});
    add(shell_line(report), std::filesystem::current_path().string());
    return section("How to reproduce", "The commands behind this page, as they were given.",
                   "<pre>" + escaped(lines) + "</pre>");
}

} // namespace tacit::eval::report
