package io.github.bmr4j.models.data;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** An HTTP server on this machine alone that answers with whatever bytes it is given. */
final class LoopbackServer implements AutoCloseable {

  private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final Map<String, byte[]> answers = new ConcurrentHashMap<>();
  private final List<Socket> open = new CopyOnWriteArrayList<>();
  private final AtomicInteger requests = new AtomicInteger();
  private final CountDownLatch closed = new CountDownLatch(1);

  private volatile boolean stalling;

  LoopbackServer() throws IOException {
    Thread.ofVirtual().start(this::listen);
  }

  static byte[] ok(byte[] body) {
    return answer("200 OK", "Content-Length: " + body.length + "\r\n", body);
  }

  static byte[] withoutLength(byte[] body) {
    return answer("200 OK", "", body);
  }

  static byte[] status(String status) {
    return answer(status, "Content-Length: 0\r\n", new byte[0]);
  }

  static byte[] redirect(String path) {
    return answer("302 Found", "Location: " + path + "\r\nContent-Length: 0\r\n", new byte[0]);
  }

  private static byte[] answer(String status, String headers, byte[] body) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(
        ("HTTP/1.1 " + status + "\r\n" + headers + "Connection: close\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII));
    bytes.writeBytes(body);
    return bytes.toByteArray();
  }

  void answer(String path, byte[] bytes) {
    answers.put(path, bytes);
  }

  /** From now on, connections stay open after the answer. */
  void stallAfterAnswering() {
    stalling = true;
  }

  URI base() {
    return URI.create(
        "http://"
            + listener.getInetAddress().getHostAddress()
            + ":"
            + listener.getLocalPort()
            + "/data/");
  }

  int requests() {
    return requests.get();
  }

  private void listen() {
    try {
      while (true) {
        Socket socket = listener.accept();
        open.add(socket);
        Thread.ofVirtual().start(() -> serve(socket));
      }
    } catch (IOException closing) {
      // The test is over.
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      BufferedReader reader =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
      String request = reader.readLine();
      if (request == null) {
        return;
      }
      for (String line = request; line != null && !line.isEmpty(); line = reader.readLine()) {
        // The headers say nothing that matters here.
      }
      requests.incrementAndGet();
      byte[] bytes = answers.getOrDefault(request.split(" ", -1)[1], status("404 Not Found"));
      OutputStream out = socket.getOutputStream();
      out.write(bytes);
      out.flush();
      if (stalling) {
        closed.await();
      }
    } catch (IOException | InterruptedException gone) {
      // The client has left or the test is over.
    }
  }

  @Override
  public void close() throws IOException {
    closed.countDown();
    listener.close();
    for (Socket socket : open) {
      socket.close();
    }
  }
}
