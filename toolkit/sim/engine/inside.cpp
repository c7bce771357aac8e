#include "inside.h"

namespace offramp {

Inside::Probe::Probe(const Probe_job& job, std::uint64_t frames)
    : file{job.file, true},
      words{reinterpret_cast<std::uint32_t*>(file.data() + job.offset)},
      total{job.beats * frames},
      per_beat{job.words} {}

Inside::Given::Given(const Given_job& job)
    : file{job.file, false},
      next{reinterpret_cast<const std::uint32_t*>(file.data())},
      per_beat{job.words},
      left{job.beats} {}

Inside::Inside(const Job& job) : enter_{job.inside_enter}, stay_{job.inside_stay}, seed_{job.inside_seed} {
    for (const auto& [id, wanted] : job.probes) {
        auto probe = std::make_unique<Probe>(wanted, job.frames);
        if (by_id_.size() <= static_cast<std::size_t>(id)) by_id_.resize(id + 1);
        by_id_[id] = probe.get();
        probes[id] = std::move(probe);
    }
    for (const auto& [id, wanted] : job.marks) {
        probes.at(id)->every = wanted.every;
        probes.at(id)->late = wanted.late;
        probes.at(id)->marks = std::make_unique<Mapped>(wanted.file, true);
    }
    for (const auto& [id, wanted] : job.given) given_[id] = std::make_unique<Given>(wanted);
}

void Inside::word(int id, int index, std::uint32_t word) {
    transfers += index == 0;
    if (index == 0) ++passed[id].popped;
    if (static_cast<std::size_t>(id) >= by_id_.size() || !by_id_[id]) return;
    Probe& probe = *by_id_[id];
    const auto position = static_cast<std::uint32_t>(index);
    if (position >= probe.per_beat) return;  // padding of a FIFO wider than its stream
    if (probe.done < probe.total) probe.words[probe.done * probe.per_beat + position] = word;
    if (position + 1 < probe.per_beat) return;
    ++probe.done;
    if (probe.every == 0 || probe.done > probe.total || probe.done % probe.every != 0) return;
    reinterpret_cast<std::uint64_t*>(probe.marks->data())[probe.done / probe.every - 1] = cycle;
}

void Inside::level(int id, int count) {
    int& peak = peaks[id];
    if (count > peak) peak = count;
}

bool Inside::stall(int id, int side) {
    if (enter_ == 0) return false;
    const std::size_t index = 2 * static_cast<std::size_t>(id) + (side != 0);
    if (index >= stalls_.size()) stalls_.resize(index + 1);
    if (!stalls_[index]) stalls_[index] = std::make_unique<Stall>(enter_, stay_, seed_ + index);
    return stalls_[index]->next();
}

std::uint32_t Inside::late(int id) const {
    const auto found = probes.find(id);
    return found == probes.end() ? 0 : found->second->late;
}

bool Inside::give(int id) {
    const auto found = given_.find(id);
    if (found == given_.end() || found->second->left == 0 || stall(id, 1)) return false;
    Given& given = *found->second;
    ++transfers;
    --given.left;
    given.next += given.per_beat;
    return true;
}

std::uint32_t Inside::given_word(int id, int index) const {
    const Given& given = *given_.at(id);
    const auto position = static_cast<std::uint32_t>(index);
    return position < given.per_beat ? (given.next - given.per_beat)[position] : 0;
}

bool Inside::complete() const {
    for (const auto& [id, given] : given_) {
        if (given->left != 0) return false;
    }
    return given_.empty() || recorded();
}

bool Inside::recorded() const {
    for (const auto& [id, probe] : probes) {
        if (probe->done < probe->total) return false;
    }
    return true;
}

}  // namespace offramp
