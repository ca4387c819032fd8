package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.inference.DivergedException;
import io.github.bmr4j.engine.inference.StochasticVariationalInference;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.models.io.InvalidFileException;
import io.github.bmr4j.models.io.Json;
import io.github.bmr4j.models.io.Records;
import io.github.bmr4j.models.io.SafetensorsReader;
import io.github.bmr4j.models.io.SafetensorsWriter;
import io.github.bmr4j.models.pruning.ModelReduction;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.Supplier;

/**
 * What a run must remember to go on: named arrays, which are written from where they lie and read
 * back to there, and records that say how far the run is. Each is declared once, for both
 * directions.
 */
public final class RunState {

  /** An array of the run. */
  private record Part(
      String name, int length, Consumer<SafetensorsWriter> writer, Consumer<Reading> reader) {}

  /** Where a part is read from; what it changes is changed later, when all parts are read. */
  private record Reading(SafetensorsReader file, List<Runnable> changes) {}

  private final Backend backend;
  private final List<Part> parts = new ArrayList<>();
  private final List<Part> records = new ArrayList<>();
  private final List<Runnable> afterwards = new ArrayList<>();

  /**
   * @param backend holds the run's parameters
   */
  RunState(Backend backend) {
    this.backend = backend;
  }

  /** Parameters and optimiser moments. */
  RunState inference(StochasticVariationalInference inference) {
    inference.state().forEach(this::slice);
    return this;
  }

  private void slice(String name, Slice slice) {
    parts.add(
        new Part(
            name,
            slice.length(),
            writer -> {
              int bad = backend.reduction().firstNonFinite(slice);
              backend.memory().pull(slice);
              if (bad >= 0) {
                throw new DivergedException(
                    name + "[" + bad + "] is " + slice.get(bad) + "; it was not saved");
              }
              writer.floats(name, new int[] {slice.length()}, slice.array(), slice.offset());
            },
            reading -> {
              float[] values = reading.file().readFloats(name);
              reading.changes().add(() -> slice.copyFrom(values, 0));
            }));
  }

  /** What was decided about each weight; the masks follow from it. */
  RunState reduction(ModelReduction reduction) {
    for (int l = 0; l < reduction.decisions().size(); l++) {
      ModelReduction.Decisions layer = reduction.decisions().get(l);
      String name = layer.block().layer() + ".decision.";
      floats(name + "factor", reduction.factors().get(l));
      bytes(name + "reason", layer.reason());
      ints(name + "round", layer.round());
      floats(name + "mean", layer.mean());
      floats(name + "std", layer.deviation());
      floats(name + "delta_f", layer.deltaF());
    }
    return this;
  }

  private void bytes(String name, byte[] values) {
    int[] shape = {values.length};
    parts.add(
        new Part(
            name,
            values.length,
            writer -> writer.bytes(name, shape, values),
            reading -> {
              long[] read = reading.file().readLongs(name);
              reading.changes().add(() -> fill(values.length, i -> values[i] = (byte) read[i]));
            }));
  }

  private void ints(String name, int[] values) {
    int[] shape = {values.length};
    parts.add(
        new Part(
            name,
            values.length,
            writer -> writer.ints(name, shape, values),
            reading -> {
              long[] read = reading.file().readLongs(name);
              reading.changes().add(() -> fill(values.length, i -> values[i] = (int) read[i]));
            }));
  }

  /** Numbers that are not in the back end's memory. */
  RunState floats(String name, float[] values) {
    int[] shape = {values.length};
    parts.add(
        new Part(
            name,
            values.length,
            writer -> writer.floats(name, shape, values),
            reading -> {
              float[] read = reading.file().readFloats(name);
              reading.changes().add(() -> System.arraycopy(read, 0, values, 0, read.length));
            }));
    return this;
  }

  private static void fill(int length, IntConsumer element) {
    for (int i = 0; i < length; i++) {
      element.accept(i);
    }
  }

  /** Has something done when all is read. */
  RunState restored(Runnable action) {
    afterwards.add(action);
    return this;
  }

  /**
   * How far the run is, or a part of it, as a record of what {@link Records} can write.
   *
   * @param name in the file
   * @param type of the record
   * @param now what it is, when it is saved
   * @param resume called when all arrays are back
   * @param <T> type of the record
   * @return this
   */
  public <T extends Record> RunState progress(
      String name, Class<T> type, Supplier<T> now, Consumer<T> resume) {
    records.add(
        new Part(
            name,
            0,
            writer -> writer.metadata(name, Json.write(Records.toJson(now.get()))),
            reading -> {
              String source = reading.file().source() + ": " + name;
              String json = reading.file().metadata().get(name);
              if (json == null) {
                throw new InvalidFileException(source, -1, "is missing");
              }
              T progress = Records.fromJson(Json.parse(json, source), type, source);
              reading.changes().add(() -> resume.accept(progress));
            }));
    return this;
  }

  /**
   * Adds all to a file.
   *
   * @throws DivergedException if a parameter is not finite
   */
  void write(SafetensorsWriter writer) {
    records.forEach(part -> part.writer().accept(writer));
    parts.forEach(part -> part.writer().accept(writer));
  }

  /**
   * Takes all from a file; or, when an exception is thrown, nothing.
   *
   * @throws InvalidFileException if the file lacks an array, has one of another size, or one more
   */
  void read(SafetensorsReader file) {
    Set<String> unknown = new HashSet<>();
    file.tensors().forEach(tensor -> unknown.add(tensor.name()));
    Reading reading = new Reading(file, new ArrayList<>());
    for (Part part : parts) {
      long found = file.entry(part.name()).elements();
      if (found != part.length()) {
        throw new InvalidFileException(
            file.source(),
            -1,
            part.name() + " has " + found + " elements, this run's " + part.length());
      }
      part.reader().accept(reading);
      unknown.remove(part.name());
    }
    if (!unknown.isEmpty()) {
      throw new InvalidFileException(
          file.source(), -1, "has " + unknown.iterator().next() + ", which this run has not");
    }
    records.forEach(part -> part.reader().accept(reading));
    reading.changes().forEach(Runnable::run);
    afterwards.forEach(Runnable::run);
  }
}
