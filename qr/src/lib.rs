//! QR codes as pictures: painted for screens and files, read from cameras and files. The text in them is [`airlock::qr`].
