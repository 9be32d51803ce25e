"""Survey waves in, versioned commentaries out."""
