// The job of a simulation process, and the files that it shares with the process that started it.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace offramp {

// One stream's share of a job: where its beats lie and when it holds back.
struct Port_job {
    std::uint64_t beats = 0;   // per frame
    std::uint64_t offset = 0;  // of this process's first byte in the file
    std::uint32_t enter = 0;   // see Stall
    std::uint32_t stay = 0;
    std::uint64_t seed = 0;
    std::uint64_t hold = 0;  // cycles at the start in which an output is not ready
    std::string file;
};

struct Probe_job {
    std::uint64_t beats = 0;
    std::uint64_t offset = 0;
    std::uint32_t words = 0;  // 32-bit words of a beat
    std::string file;
};

// What a queue of a design cut at its queues gives to the layer behind it.
struct Given_job {
    std::uint64_t beats = 0;
    std::uint32_t words = 0;
    std::string file;
};

// Cycles at which every `every`-th word came to a queue, which takes each `late` cycles after it was shown.
struct Marks_job {
    std::uint64_t every = 0;
    std::uint32_t late = 0;
    std::string file;
};

struct Job {
    std::uint64_t parent = 0;  // process that reads the result
    std::uint64_t frames = 0;
    std::uint64_t quiet = 0;    // cycles without a transfer that count as a deadlock
    std::uint64_t timeout = 0;  // cycles in all, 0: no limit
    std::uint64_t restart = 0;  // cycles before everything begins anew
    std::uint32_t inside_enter = 0;
    std::uint32_t inside_stay = 0;
    std::uint64_t inside_seed = 0;
    std::string result, progress, stamps, trace;
    std::string arrivals;  // earliest cycle of each frame's first beat, 64 bits each; empty: no frame waits
    std::map<std::string, Port_job> ports;
    std::map<int, Probe_job> probes;
    std::map<int, Given_job> given;
    std::map<int, Marks_job> marks;
};

Job read_job(const char* file);  // throws std::runtime_error naming what it does not understand

// A file mapped into memory, shared with whoever maps it too.
class Mapped {
  public:
    Mapped() = default;
    Mapped(const std::string& file, bool write);
    Mapped(const Mapped&) = delete;
    Mapped& operator=(const Mapped&) = delete;

    std::uint8_t* data() const { return data_; }
    std::uint64_t size() const { return size_; }

  private:
    std::uint8_t* data_ = nullptr;
    std::uint64_t size_ = 0;
};

}  // namespace offramp
