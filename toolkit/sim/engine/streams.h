// The two ends of a stream as the test bench plays them, and the random numbers behind their stalls.
#pragma once

#include <cstdint>
#include <cstring>

#include "harness.h"
#include "job.h"

namespace offramp {

// xorshift64*, started through splitmix64 so that neighbouring seeds have nothing in common.
class Random {
  public:
    explicit Random(std::uint64_t seed) {
        std::uint64_t z = seed + 0x9E3779B97F4A7C15u;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        state_ = (z ^ (z >> 31)) | 1;  // never zero
    }
    std::uint32_t next() {
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        return static_cast<std::uint32_t>((state_ * 0x2545F4914F6CDD1Du) >> 32);
    }

  private:
    std::uint64_t state_;
};

// Two states, going and stalled: stalled next if 32 random bits are below `enter` (going) or `stay` (stalled).
class Stall {
  public:
    Stall(std::uint32_t enter, std::uint32_t stay, std::uint64_t seed)
        : enter_{enter}, stay_{stay}, random_{seed} {}
    bool next() {
        if (enter_ == 0) return false;
        stalled_ = random_.next() < (stalled_ ? stay_ : enter_);
        return stalled_;
    }

  private:
    std::uint32_t enter_, stay_;
    Random random_;
    bool stalled_ = false;
};

// Counts the beats of one stream and stamps the first and the last of each frame with its cycle.
class Beats {
  public:
    Beats(const Port_job& job, std::uint64_t frames, std::uint64_t* stamps)
        : total{job.beats * frames}, per_frame_{job.beats}, stamps_{stamps} {}

    std::uint64_t done = 0;
    const std::uint64_t total;

    void count(std::uint64_t cycle) {
        if (in_frame_ == 0) stamps_[0] = cycle;
        if (++in_frame_ == per_frame_) {
            stamps_[1] = cycle;
            stamps_ += 2;
            in_frame_ = 0;
        }
        ++done;
    }
    std::uint64_t frames() const { return done / per_frame_; }
    bool between() const { return in_frame_ == 0; }

  private:
    const std::uint64_t per_frame_;
    std::uint64_t in_frame_ = 0;
    std::uint64_t* stamps_;
};

// Offers beats to an input of the design, none of a frame before the frame has arrived (`arrivals`: cycles, or
// null). A valid that has been shown stays until it is taken.
class Source {
  public:
    Source(const Port& port, const Port_job& job, std::uint64_t frames, const std::uint8_t* data,
           std::uint64_t* stamps, const std::uint64_t* arrivals)
        : port{port},
          beats{job, frames, stamps},
          stall_{job.enter, job.stay, job.seed},
          next_{data},
          arrivals_{arrivals} {}

    const Port port;
    Beats beats;
    bool waited = false;  // a beat had to wait

    // Whether the next frame has not arrived yet.
    bool early(std::uint64_t cycle) const {
        return arrivals_ && beats.done != beats.total && beats.between() && cycle < arrivals_[beats.frames()];
    }
    void drive(std::uint64_t cycle) {  // after a clock edge
        if (taken_) *port.valid = 0;
        taken_ = false;
        if (*port.valid || beats.done == beats.total || early(cycle) || stall_.next()) return;
        std::memcpy(port.data, next_, port.bytes);
        *port.valid = 1;
    }
    bool sample(std::uint64_t cycle) {  // before the next one; whether a beat is taken
        waited |= *port.valid && !*port.ready;
        if (!*port.valid || !*port.ready) return false;
        beats.count(cycle);
        next_ += port.bytes;
        taken_ = true;
        return true;
    }

  private:
    Stall stall_;
    const std::uint8_t* next_;
    const std::uint64_t* arrivals_;
    bool taken_ = false;
};

// Takes beats from an output, and holds the design to the rule that a valid and its data stay until taken.
class Sink {
  public:
    enum class Fault { none, withdrawn, changed };

    Sink(const Port& port, const Port_job& job, std::uint64_t frames, std::uint8_t* data, std::uint64_t* stamps)
        : port{port},
          beats{job, frames, stamps},
          stall_{job.enter, job.stay, job.seed},
          hold_{job.hold},
          next_{data} {}

    const Port port;
    Beats beats;
    Fault fault = Fault::none;
    std::uint64_t extra = 0;  // beats behind the last expected one

    bool waited = false;      // a beat had to wait

    bool held(std::uint64_t cycle) const { return cycle < hold_; }
    void drive(std::uint64_t cycle) { *port.ready = !stall_.next() && !held(cycle); }

    bool sample(std::uint64_t cycle) {
        if (waiting_) check();
        waiting_ = *port.valid && !*port.ready;
        waited |= waiting_;
        if (!*port.valid) return false;
        if (beats.done == beats.total) {
            extra += *port.ready;
            waiting_ = false;
            return false;
        }
        std::memcpy(next_, port.data, port.bytes);
        if (waiting_) return false;
        next_ += port.bytes;
        beats.count(cycle);
        return true;
    }

  private:
    Stall stall_;
    const std::uint64_t hold_;
    std::uint8_t* next_;  // a waiting beat already lies here
    bool waiting_ = false;

    void check() {
        if (!*port.valid) {
            fault = Fault::withdrawn;
        } else if (std::memcmp(next_, port.data, port.bytes) != 0) {
            fault = Fault::changed;
        }
    }
};

}  // namespace offramp
