package io.github.bmr4j.kernels.opencl.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.kernels.opencl.TestDevice;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PlatformsTest {

  @AfterEach
  void reset() {
    System.clearProperty(Platforms.DEVICE_PROPERTY);
  }

  @Test
  void devicesHaveTheirLimits() {
    Device device = TestDevice.device();
    assertTrue(device.memoryBytes() > 1 << 20, device.describe());
    assertTrue(device.largestBufferBytes() <= device.memoryBytes(), device.describe());
    assertTrue(device.largestWorkGroup() >= 1, device.describe());
    assertTrue(device.describe().contains(device.name()));
  }

  @Test
  void aDeviceIsChosenByPartOfItsName() {
    Device device = TestDevice.device();
    System.setProperty(Platforms.DEVICE_PROPERTY, device.name().toUpperCase(Locale.ROOT));
    assertEquals(device.name(), Platforms.chosen().name());
    System.setProperty(Platforms.DEVICE_PROPERTY, "no such device");
    String message = assertThrows(OpenClException.class, Platforms::chosen).getMessage();
    assertTrue(message.contains("no such device") && message.contains(device.name()), message);
  }

  @Test
  void errorsHaveTheirNames() {
    OpenClException e = Status.failure("clCreateBuffer", -4, "of 12 bytes");
    assertEquals(-4, e.code());
    assertTrue(
        e.getMessage().startsWith("clCreateBuffer failed with CL_MEM_OBJECT_ALLOCATION_FAILURE"),
        e.getMessage());
    assertTrue(e.getMessage().contains("smaller network or batch"), e.getMessage());
    assertEquals("error -9999", Status.name(-9999));
  }
}
