// Drives ImageJ's public API without a display:
//   RoiPeer read SET.zip IMAGE      prints name,x,y,width,height,sum of each ROI as ImageJ decodes and measures it
//   RoiPeer write OUT.zip NAME,x,y,w,h …   encodes rectangles (and, with NAME=oval…, ovals) with ImageJ's own encoder
import ij.IJ; import ij.ImagePlus; import ij.gui.*; import ij.io.*; import ij.process.*;
import java.io.*; import java.util.zip.*;
public class RoiPeer {
  public static void main(String[] a) throws Exception {
    if (a[0].equals("write")) { write(a); return; }
    ImagePlus picture = IJ.openImage(a[2]);
    ZipInputStream in = new ZipInputStream(new FileInputStream(a[1]));
    for (ZipEntry entry; (entry = in.getNextEntry()) != null; ) {
      byte[] data = in.readAllBytes();
      Roi roi = new RoiDecoder(data, entry.getName()).getRoi();
      picture.setRoi(roi);
      ImageStatistics s = picture.getProcessor().getStatistics();
      java.awt.Rectangle box = roi.getBounds();
      System.out.printf("%s,%d,%d,%d,%d,%.3f%n", roi.getName(), box.x, box.y, box.width, box.height, s.mean * s.pixelCount);
    }
  }
  static void write(String[] a) throws Exception {
    ZipOutputStream out = new ZipOutputStream(new FileOutputStream(a[1]));
    for (int i = 2; i < a.length; i++) {
      String[] c = a[i].split(",");
      int x = Integer.parseInt(c[1]), y = Integer.parseInt(c[2]), w = Integer.parseInt(c[3]), h = Integer.parseInt(c[4]);
      Roi roi = c[0].startsWith("oval") ? new OvalRoi(x, y, w, h) : new Roi(x, y, w, h);
      roi.setName(c[0]);
      out.putNextEntry(new ZipEntry(c[0] + ".roi"));
      out.write(RoiEncoder.saveAsByteArray(roi));
    }
    out.close();
  }
}
