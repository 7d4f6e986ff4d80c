"""Sites, buildings, floors and rooms: kept, and read as trees and paths."""
